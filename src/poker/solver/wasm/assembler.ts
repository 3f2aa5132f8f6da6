/**
 * Assembles the small part of the WebAssembly text format that the solver's kernels are written in: one imported
 * memory, exported functions of i32/f64/v128 locals, folded instructions, `loop`, `block`, `if` and labels.
 * Encoding: WebAssembly core specification, binary format, with the fixed-width SIMD and bulk-memory opcodes.
 */
type Expression = string | Expression[];

const VALUE_TYPES: Readonly<Record<string, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };

/** Opcodes without immediates. */
const PLAIN: Readonly<Record<string, readonly number[]>> = {
  "i32.add": [0x6a],
  "i32.sub": [0x6b],
  "i32.mul": [0x6c],
  "i32.shl": [0x74],
  "i32.and": [0x71],
  "i32.eqz": [0x45],
  "i32.eq": [0x46],
  "i32.lt_u": [0x49],
  "i32.ge_u": [0x4f],
  "f64x2.add": [0xfd, 0xf0, 0x01],
  "f64x2.sub": [0xfd, 0xf1, 0x01],
  "f64x2.mul": [0xfd, 0xf2, 0x01],
  "f64x2.splat": [0xfd, 0x14],
  "memory.fill": [0xfc, 0x0b, 0x00],
};

/** Memory opcodes with their natural alignment (log2). */
const MEMORY: Readonly<Record<string, { readonly code: readonly number[]; readonly align: number }>> = {
  "i32.load": { code: [0x28], align: 2 },
  "v128.load": { code: [0xfd, 0x00], align: 4 },
  "v128.store": { code: [0xfd, 0x0b], align: 4 },
};

function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return bytes;
}

function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

function f64Bytes(value: number): number[] {
  return [...new Uint8Array(new Float64Array([value]).buffer)];
}

function parse(source: string): Expression[] {
  const tokens = source.replace(/;;.*$/gm, "").match(/[()]|[^\s()]+/g) ?? [];
  const stack: Expression[][] = [[]];
  for (const token of tokens) {
    if (token === "(") {
      stack.push([]);
    } else if (token === ")") {
      const done = stack.pop();
      if (!done) throw new SyntaxError("unbalanced parentheses");
      stack.at(-1)?.push(done);
    } else {
      stack.at(-1)?.push(token);
    }
  }
  return stack[0] ?? [];
}

interface FunctionSource {
  readonly name: string;
  readonly params: readonly number[];
  readonly locals: readonly number[];
  readonly names: ReadonlyMap<string, number>;
  readonly body: readonly Expression[];
}

function readFunction(form: Expression[]): FunctionSource {
  const params: number[] = [];
  const locals: number[] = [];
  const names = new Map<string, number>();
  const body: Expression[] = [];
  for (const part of form.slice(2)) {
    const [head, name, type] = part as string[];
    if (Array.isArray(part) && (head === "param" || head === "local")) {
      const code = VALUE_TYPES[type ?? ""];
      if (code === undefined) throw new SyntaxError(`unknown type ${type}`);
      names.set(name ?? "", params.length + locals.length);
      (head === "param" ? params : locals).push(code);
    } else {
      body.push(part);
    }
  }
  return { name: form[1] as string, params, locals, names, body };
}

class FunctionEncoder {
  readonly #source: FunctionSource;
  readonly #functions: ReadonlyMap<string, number>;
  readonly #labels: string[] = [];

  constructor(source: FunctionSource, functions: ReadonlyMap<string, number>) {
    this.#source = source;
    this.#functions = functions;
  }

  encode(): number[] {
    const { locals, body } = this.#source;
    const declarations = locals.flatMap((type) => [1, type]);
    return [...unsignedLeb(locals.length), ...declarations, ...body.flatMap((form) => this.#form(form)), 0x0b];
  }

  #operands(forms: readonly Expression[]): number[] {
    return forms.flatMap((form) => this.#form(form));
  }

  #form(form: Expression): number[] {
    if (!Array.isArray(form)) throw new SyntaxError(`instructions must be folded: ${form}`);
    const [head, ...rest] = form;
    const op = String(head);
    const plain = PLAIN[op];
    if (plain) return [...this.#operands(rest), ...plain];
    const memory = MEMORY[op];
    if (memory) return this.#memory(memory, rest);
    switch (op) {
      case "local.get":
        return [0x20, ...this.#local(rest[0])];
      case "local.set":
        return [...this.#operands(rest.slice(1)), 0x21, ...this.#local(rest[0])];
      case "i32.const":
        return [0x41, ...signedLeb(Number(rest[0]))];
      case "f64.const":
        return [0x44, ...f64Bytes(Number(rest[0]))];
      case "call":
        return [...this.#operands(rest.slice(1)), 0x10, ...unsignedLeb(this.#function(rest[0]))];
      case "block":
      case "loop":
        return this.#labelled(op === "block" ? 0x02 : 0x03, rest);
      case "if":
        return this.#conditional(rest);
      case "br":
        return [0x0c, ...this.#label(rest[0])];
      case "br_if":
        return [...this.#operands(rest.slice(1)), 0x0d, ...this.#label(rest[0])];
      default:
        throw new SyntaxError(`unknown instruction ${op}`);
    }
  }

  #memory(instruction: { readonly code: readonly number[]; readonly align: number }, rest: Expression[]): number[] {
    const [first] = rest;
    const offset = typeof first === "string" && first.startsWith("offset=") ? Number(first.slice(7)) : 0;
    const operands = this.#operands(typeof first === "string" ? rest.slice(1) : rest);
    return [...operands, ...instruction.code, instruction.align, ...unsignedLeb(offset)];
  }

  #labelled(code: number, rest: Expression[]): number[] {
    this.#labels.push(String(rest[0]));
    const body = this.#operands(rest.slice(1));
    this.#labels.pop();
    return [code, 0x40, ...body, 0x0b];
  }

  /** `(if condition (then …) (else …))` */
  #conditional([condition, then, otherwise]: Expression[]): number[] {
    const test = this.#operands(condition === undefined ? [] : [condition]);
    this.#labels.push("");
    const yes = this.#operands((then ?? []).slice(1) as Expression[]);
    const no = otherwise ? [0x05, ...this.#operands(otherwise.slice(1) as Expression[])] : [];
    this.#labels.pop();
    return [...test, 0x04, 0x40, ...yes, ...no, 0x0b];
  }

  #local(name: Expression | undefined): number[] {
    const index = this.#source.names.get(String(name));
    if (index === undefined) throw new SyntaxError(`unknown local ${String(name)} in ${this.#source.name}`);
    return unsignedLeb(index);
  }

  #function(name: Expression | undefined): number {
    const index = this.#functions.get(String(name));
    if (index === undefined) throw new SyntaxError(`unknown function ${String(name)}`);
    return index;
  }

  #label(name: Expression | undefined): number[] {
    const index = this.#labels.lastIndexOf(String(name));
    if (index < 0) throw new SyntaxError(`unknown label ${String(name)}`);
    return unsignedLeb(this.#labels.length - 1 - index);
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsignedLeb(items.length), ...items.flat()];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsignedLeb(bytes.length), ...bytes];
}

/**
 * Assembles functions written as `(func $name (param $a i32) … body…)`. Every function is exported under its name
 * without the `$`. The module imports `env.memory`, a shared memory of at most 65,536 pages.
 *
 * @throws SyntaxError naming the instruction, local or label that is not understood.
 */
export function assemble(source: string): Uint8Array<ArrayBuffer> {
  const functions = parse(source).map((form) => readFunction(form as Expression[]));
  const indexes = new Map(functions.map((entry, index) => [entry.name, index]));
  const types = functions.map((entry) => [0x60, ...vector(entry.params.map((type) => [type])), 0x00]);
  const memoryImport = [...text("env"), ...text("memory"), 0x02, 0x03, ...unsignedLeb(0), ...unsignedLeb(65_536)];
  const exports = functions.map((entry, index) => [...text(entry.name.slice(1)), 0x00, ...unsignedLeb(index)]);
  const bodies = functions.map((entry) => {
    const code = new FunctionEncoder(entry, indexes).encode();
    return [...unsignedLeb(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([memoryImport])),
    ...section(3, vector(functions.map((_, index) => unsignedLeb(index)))),
    ...section(7, vector(exports)),
    ...section(10, vector(bodies)),
  ]);
}
