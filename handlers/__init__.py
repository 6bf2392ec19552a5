"""What happens behind the tasks: one subject a file, the book in records/, one channel a file in
channels/.
"""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "records" / "migrations"
"""Where the engine finds the book's migrations."""
