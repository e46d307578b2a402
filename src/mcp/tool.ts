import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type * as z from 'zod';
import { hintOf, messageOf } from '../runtime/typed-error.ts';

/** What a tool has to say: for people and models to read, and for programs. */
export interface ToolAnswer<Data> {
  readonly text: string;
  readonly data: Data;
}

export interface ToolCall {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** May be called as often as it likes. */
  progress(done: number, total: number): void;
}

export interface ToolSpec<Input extends z.ZodRawShape, Output extends z.ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  /** What it does to files; one that does anything is there only where changes are allowed. */
  readonly changes: 'nothing' | 'adds' | 'removes';
  run(given: z.output<z.ZodObject<Input>>, call: ToolCall): Promise<ToolAnswer<z.input<z.ZodObject<Output>>>>;
}

export interface Tool {
  readonly name: string;
  /** What clients are told of it. */
  readonly about: {
    readonly title: string;
    readonly description: string;
    readonly inputSchema: z.ZodRawShape;
    readonly outputSchema: z.ZodRawShape;
    readonly annotations: ToolAnnotations;
  };
  /** `given` fits `inputSchema`. What goes wrong is an answer too. */
  call(given: Readonly<Record<string, unknown>>, call: ToolCall): Promise<CallToolResult>;
}

/** Ties the shapes of a tool to the types that its `run` sees. */
export function defineTool<Input extends z.ZodRawShape, Output extends z.ZodRawShape>(
  spec: ToolSpec<Input, Output>,
): Tool {
  const { name, title, description, input, output, changes } = spec;
  const annotations = {
    readOnlyHint: changes === 'nothing',
    destructiveHint: changes === 'removes',
    idempotentHint: changes !== 'adds',
    openWorldHint: false,
  };
  return {
    name,
    about: { title, description, inputSchema: input, outputSchema: output, annotations },
    call: (given, call) => answer(() => spec.run(given as z.output<z.ZodObject<Input>>, call)),
  };
}

async function answer(run: () => Promise<ToolAnswer<object>>): Promise<CallToolResult> {
  try {
    const { text, data } = await run();
    return { content: [{ type: 'text', text }], structuredContent: { ...data } };
  } catch (error) {
    const hint = hintOf(error);
    const text = hint === undefined ? messageOf(error) : `${messageOf(error)}\nHint: ${hint}`;
    return { content: [{ type: 'text', text }], isError: true };
  }
}
