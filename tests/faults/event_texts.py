"""The texts by which a history recognizes some events; a test compares them with those of client and registry."""

# An error in the client itself ended the session.
CLIENT_FAILED = "the client failed"
# The session follows the room without the history.
NO_HISTORY = "the archive does not answer: earlier"
# The answer to /mymsgs is incomplete.
MINE_FAILED = "the archive does not answer: try /mymsgs again"
# An archive replica answers, but its index does not: before the session joins, it follows the room without the history.
INDEX_FAILED = "the archive cannot answer at the moment"
# Another author holds the name.
NAME_TAKEN = "{name} is taken: choose another name"
