"""What happens behind the tasks: one subject a file, the book in records/, one channel a file in
channels/.
"""
