"""The registry: it grants names to authors and opens, resumes and ends their sessions.

Follow a claim through the modules: `intake` checks it and makes a journal entry; `claims` grants or refuses the
name when the entry comes back; `effects` turns that outcome into the answer and the notices.
"""
