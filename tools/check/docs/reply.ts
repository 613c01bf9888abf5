const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `…` stands for anything, and a time for any time. */
function isText(shown: string, came: unknown): boolean {
  if (typeof came !== 'string') return shown === '…' && came !== undefined;
  if (ISO_TIME.test(shown)) return ISO_TIME.test(came);
  const [first = '', ...rest] = shown.split('…');
  const last = rest.at(-1) ?? '';
  if (rest.length === 0) return shown === came;
  if (!came.startsWith(first) || !came.endsWith(last)) return false;
  let from = first.length;
  return rest.every((part) => {
    const at = came.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}

/**
 * Where a reply differs from what a page shows, as a sentence; undefined where it does not. There may be more in it than
 * is shown.
 */
export function difference(shown: unknown, came: unknown, path = ''): string | undefined {
  const where = path === '' ? 'the reply' : path;
  if (Array.isArray(shown)) {
    if (!Array.isArray(came) || came.length !== shown.length) return `${where} is ${JSON.stringify(came)}`;
    return firstOf(shown.map((each, index) => difference(each, came[index], `${path}[${index}]`)));
  }
  if (isObject(shown)) {
    if (!isObject(came)) return `${where} is ${JSON.stringify(came)}`;
    return firstOf(
      Object.entries(shown).map(([name, each]) => difference(each, came[name], path === '' ? name : `${path}.${name}`)),
    );
  }
  const isSame = typeof shown === 'string' ? isText(shown, came) : shown === came;
  return isSame ? undefined : `${where} is ${JSON.stringify(came)}`;
}

const firstOf = (found: readonly (string | undefined)[]): string | undefined => found.find((each) => each !== undefined);
