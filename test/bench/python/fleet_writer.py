"""fleet_writer.py FOLDER SECONDS RATE: opens the databases of a folder, as many as it may, and says `ready`; after a line of input, commits one row at a time,
RATE a second, each to a database chosen at random; prints what the commits took as JSON."""
import glob, json, os, random, resource, sys, time
from application import connect, orders

DESCRIPTORS = 4  # of a connection that writes, and one to spare

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

folder, seconds, rate = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
choose = random.Random(1)
paths = sorted(glob.glob(os.path.join(folder, '*.db')))
connections = [connect(path) for path in choose.sample(paths, min(len(paths), most // DESCRIPTORS))]
for connection in connections:
    connection.execute('select count(*) from sqlite_schema').fetchone()
statement, batches = orders(None)
print('ready', flush=True)
if not sys.stdin.readline():
    sys.exit(1)

longest, count, start = 0, 0, time.perf_counter()
while time.perf_counter() - start < seconds:
    connection, row = choose.choice(connections), batches[count % len(batches)][0]
    begin = time.perf_counter()
    connection.execute(statement, row)
    longest = max(longest, time.perf_counter() - begin)
    count += 1
    time.sleep(max(0, start + count / rate - time.perf_counter()))
elapsed = time.perf_counter() - start
print(json.dumps({'perSecond': count / elapsed, 'longestMs': longest * 1e3}), flush=True)
for connection in connections:
    connection.close()
