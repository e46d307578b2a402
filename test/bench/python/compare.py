"""compare.py SOURCE RESTORED: prints how two databases were found equal, `bytes` or `rows`; ends with 1 when they are not."""
import hashlib, os, sqlite3, sys

CHUNK_BYTES = 1 << 20


def bytes_of(path):
    """None where a WAL holds a part of the database."""
    if os.path.exists(path + '-wal') and os.path.getsize(path + '-wal') > 0:
        return None
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def rows_of(path):
    """Every row and every statement of the schema, but for the tables that Litestream keeps in the database."""
    digest = hashlib.sha256()
    connection = sqlite3.connect(path)
    schema = "select name, sql from sqlite_schema where name not like '\\_litestream\\_%' escape '\\' order by name"
    for name, sql in connection.execute(schema).fetchall():
        digest.update(repr((name, sql)).encode())
        if (sql or '').lower().startswith('create table'):
            for row in connection.execute(f'select * from "{name}" order by rowid'):
                digest.update(repr(row).encode())
    connection.close()
    return digest.hexdigest()


source, restored = sys.argv[1:]
source_bytes = bytes_of(source)
if source_bytes is not None and source_bytes == bytes_of(restored):
    print('bytes')
elif rows_of(source) == rows_of(restored):
    print('rows')
else:
    sys.exit(1)
