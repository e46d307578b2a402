// What the WASM file exports; src/kernel/kernel-exports.ts declares the same for TypeScript.
export { crc64, prepareMove } from './crc64';
export { compressBlock } from './lz4-compress';
export { decompressBlock } from './lz4-decompress';
export { checksumPages, decodePages, encodePages } from './page-run';
export { verifyFrames, walChecksum } from './wal-checksum';
