"""A person's own data: found, handed out, erased (个人信息保护法 Art. 45, 47; GDPR Art. 15, 17, 20).

Law: a person is everybody in the book with one address or number. What is handed out is everything that names them.
Erasing takes their words and marks out of the book and out of what was sent, and keeps the skeleton: that there was a
talk, a letter, a change, and when. Nothing that a hash covers is touched, so that `dealflow verify` holds as before;
what the law makes a lender keep (the owners of a client, documents in their time) is kept, and is told with its reason.
"""

from handlers.privacy.erasing import Erased, erase
from handlers.privacy.finding import Subject, collect, find

__all__ = ["Erased", "Subject", "collect", "erase", "find"]
