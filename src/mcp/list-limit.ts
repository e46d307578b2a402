import * as z from 'zod';

/** How much an answer holds at most: a model reads all of it. */
export function limitArgument(of: string, limit: number) {
  return { limit: z.int().min(1).max(10_000).default(limit).describe(`How many ${of} are listed at most.`) };
}

/** The end of a list that `left` entries were cut from. */
export function moreText(left: number): string {
  return left === 0 ? '' : `\n... and ${left} more: ask for them with limit`;
}
