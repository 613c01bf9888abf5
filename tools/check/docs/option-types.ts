import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { publishedPackages } from '../../build/published-packages.js';
import { root } from './page.js';

const TYPE = ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias;

/** An option as its type declares it. */
export interface TypedOption {
  readonly name: string;
  /** What its comment says. */
  readonly says: string;
  readonly type: string;
  readonly isOptional: boolean;
}

/** What can be imported, and the file of its source. */
export function packageEntries(): ReadonlyMap<string, string> {
  return new Map(
    publishedPackages(root).flatMap((folder) => {
      const file = join(root, 'packages', folder, 'package.json');
      const { name, exports } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; exports: Record<string, unknown> };
      return Object.entries(exports).flatMap(([path, target]) => {
        const source = (target as Record<string, unknown>)['@parse-factors/source'];
        return typeof source === 'string' ? [[name + path.slice(1), join(root, 'packages', folder, source)] as const] : [];
      });
    }),
  );
}

/** Looks up what the packages export. */
export class ExportedTypes {
  readonly #checker: ts.TypeChecker;
  readonly #exports: ReadonlyMap<string, ReadonlyMap<string, ts.Symbol>>;

  constructor(program: ts.Program) {
    this.#checker = program.getTypeChecker();
    this.#exports = new Map(
      [...packageEntries()].map(([name, file]) => {
        const module = this.#checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
        const symbols = module === undefined ? [] : this.#checker.getExportsOfModule(module);
        return [name, new Map(symbols.map((symbol) => [symbol.name, this.#unaliased(symbol)]))];
      }),
    );
  }

  /** The names of exported types that end in `Options`. */
  get optionTypes(): readonly string[] {
    return [...this.#exports.values()].flatMap((symbols) =>
      [...symbols.values()].filter(({ flags, name }) => (flags & TYPE) !== 0 && name.endsWith('Options')).map(({ name }) => name),
    );
  }

  /** The options of an exported type, or of what an exported function or class is given last. */
  optionsOf(entry: string, name: string): readonly TypedOption[] {
    const symbol = this.#exports.get(entry)?.get(name);
    if (symbol === undefined) throw new Error(`${entry} exports no ${name}`);
    const isType = (symbol.flags & TYPE) !== 0;
    const { type, comments } = isType
      ? { type: this.#checker.getDeclaredTypeOfSymbol(symbol), comments: new Map<string, string>() }
      : this.#parameterOf(symbol);
    return this.#checker.getPropertiesOfType(type).map((property) => ({
      name: property.name,
      says: tidy(ts.displayPartsToString(property.getDocumentationComment(this.#checker))) || (comments.get(property.name) ?? ''),
      type: this.#checker.typeToString(this.#checker.getTypeOfSymbol(property), undefined, ts.TypeFormatFlags.NoTruncation),
      isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
    }));
  }

  #unaliased(symbol: ts.Symbol): ts.Symbol {
    return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : this.#checker.getAliasedSymbol(symbol);
  }

  /** Options that have no type of their own are described by `@param options.name`. */
  #parameterOf(symbol: ts.Symbol): { readonly type: ts.Type; readonly comments: ReadonlyMap<string, string> } {
    const type = this.#checker.getTypeOfSymbol(symbol);
    const [signature] = [...type.getConstructSignatures(), ...type.getCallSignatures()];
    const parameter = signature?.getParameters().at(-1);
    if (signature === undefined || parameter === undefined) throw new Error(`${symbol.name} takes no options`);
    const comments = signature.getJsDocTags().map(({ text }) => {
      const [, name = '', says = ''] = /^(?:options\.)?(\w+) ([\s\S]*)$/.exec(ts.displayPartsToString(text)) ?? [];
      return [name, tidy(says)] as const;
    });
    return { type: this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(parameter)), comments: new Map(comments) };
  }
}

const tidy = (comment: string): string =>
  comment
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
