"""make_large_database.py PATH MEGABYTES: pages that are quick to make, and an empty table to append to."""
import os, sqlite3, sys

path, megabytes = sys.argv[1], float(sys.argv[2])
connection = sqlite3.connect(path, isolation_level=None)
connection.execute('pragma synchronous=off')
connection.execute('pragma journal_mode=off')
connection.executescript('create table filler(id integer primary key, content blob);'
                         'create table appended(id integer primary key, a text, b blob);')
while os.path.getsize(path) < megabytes * 1e6:
    connection.execute('insert into filler(content) values(zeroblob(?))', [min(megabytes / 10, 1) * 1e6])
connection.execute('pragma journal_mode=wal')
connection.close()
