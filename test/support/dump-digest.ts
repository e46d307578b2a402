/**
 * A Python function that gives the SHA-256 of everything an open database holds: its dump, and the settings and sizes a dump
 * does not show.
 */
export const digestFunction = `
import hashlib
def digest(db):
    text = hashlib.sha256()
    for pragma in ("page_size", "auto_vacuum", "page_count", "freelist_count", "user_version", "encoding"):
        text.update(repr(db.execute("pragma " + pragma).fetchone()).encode())
    for statement in db.iterdump():
        text.update((statement + "\\n").encode())
    return text.hexdigest()
`;
