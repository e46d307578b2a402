import { defineCommand } from './command.ts';
import { UsageError } from './usage-error.ts';
import { theOnlyWord } from './words.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export const completionCommand = defineCommand({
  name: 'completion',
  description: 'The completion command prints a script that completes commands, flags and file names in a shell.',
  usage: ['bash|zsh|fish'],
  flags: {},
  examples: [
    ['For bash, in this shell only.', 'completion bash > ~/.litestream-completion && . ~/.litestream-completion'],
    ['For bash, for everybody.', 'completion bash > /etc/bash_completion.d/litestream'],
    ['For zsh, in a directory of $fpath.', 'completion zsh > ~/.zsh/completions/_litestream'],
    ['For fish.', 'completion fish > ~/.config/fish/completions/litestream.fish'],
  ],
  async run({ words }, io) {
    const shell = theOnlyWord('completion', words, 'the name of a shell', 'completion bash');
    if (!(shells as readonly string[]).includes(shell)) {
      throw new UsageError('arguments', `Cannot run completion: ${shell} is none of ${shells.join(', ')}`, {
        hint: 'litestream completion bash',
      });
    }
    const { completionScript } = await import('./completion-script.ts');
    io.print(completionScript(shell as (typeof shells)[number], await io.loadCommands()));
    return undefined;
  },
});
