const codes = { red: 31, green: 32, yellow: 33 } as const;
export type Colour = keyof typeof codes;

/** Whether what goes to a stream is coloured: terminals only, and not against the wish of the user (https://no-color.org). */
export function wantsColour(isTerminal: boolean, variables: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !variables.NO_COLOR && variables.TERM !== 'dumb';
}

export function coloured(text: string, colour: Colour | undefined): string {
  return colour === undefined ? text : `\u001b[${codes[colour]}m${text}\u001b[0m`;
}
