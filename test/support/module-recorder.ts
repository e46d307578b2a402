const dataUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

const hooks = dataUrl(`
  import { appendFileSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    appendFileSync(process.env.LOADED, found.url + '\\n');
    return found;
  }`);

/** For `--import`: writes the address of every module that a process and its children load into the file named by LOADED. */
export const moduleRecorder = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(hooks)});`);
