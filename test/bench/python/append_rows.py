"""append_rows.py PATH COUNT RATE: opens a database and says `ready`; after each line of input appends COUNT rows, a transaction each and RATE a second,
and says `written`."""
import sys, time
from application import append, connect

path, count, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
connection = connect(path)
statement, batches = append(connection)
print('ready', flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    for done in range(1, count + 1):
        connection.execute(statement, batches[0][0])
        time.sleep(max(0, start + done / rate - time.perf_counter()))
    print('written', flush=True)
connection.close()
