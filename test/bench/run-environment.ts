/** The environment of what is measured: nothing of ours that could change how a program behaves. */
export function runEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG } = process.env;
  return { PATH, HOME, LANG };
}
