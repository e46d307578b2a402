import { parentChannel } from './parent-channel.ts';
import { serveShard } from './shard-process.ts';

/** The program of a shard's process. */
const channel = parentChannel();
await serveShard(channel);
await channel.close();
