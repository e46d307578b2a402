/** The variables that commands look at, and what each does: for the manual page and the reference. */
export const environmentVariables: readonly (readonly [name: string, what: string])[] = [
  ['LITESTREAM_CONFIG', 'The config file, in place of /etc/litestream.yml.'],
  [
    'LITESTREAM_REPLICA_URL',
    'Where replicate copies databases to that are named on the command line without a URL, and restore and ltx find them.',
  ],
  [
    'LITESTREAM_ACCESS_KEY_ID, LITESTREAM_SECRET_ACCESS_KEY',
    'Credentials of S3 stores; those of AWS, AWS_ACCESS_KEY_ID and so on, go first.',
  ],
  ['LITESTREAM_S3_ENDPOINT', 'The endpoint of S3 URLs on the command line.'],
  ['LOG_LEVEL', 'debug, info, warn or error; goes before the config file.'],
  ['NO_COLOR', 'Set to anything: no colours.'],
  ['LITESTREAM_DEBUG', 'Set to anything: errors are followed by where in the source they arose.'],
  ['TMPDIR', 'Where restore -check of a replica URL restores to.'],
];
