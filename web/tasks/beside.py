"""What stands beside the form, each part when somebody opens it. Law: what one may not see is not told."""
