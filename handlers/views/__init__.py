"""What pages show of the book, in one read each. Law: reads only; rows and sections come out with both languages and
exact values, and no page asks the book by itself."""
