import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Comment, Converter } from 'typedoc';

// Documents whatever can be imported from the packages, under the names that it is imported by.
const packages = fileURLToPath(new URL('../packages', import.meta.url));

const entries = readdirSync(packages).flatMap((folder) => {
  const manifest = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
  if (manifest.private) return [];
  const { name, description, exports } = manifest;
  return Object.entries(exports).flatMap(([path, target]) => {
    const source = target['@parse-factors/source'];
    return source === undefined
      ? []
      : [{ name: name + path.slice(1), says: path === '.' ? description : '', file: join(packages, folder, source) }];
  });
});

const fileOf = (path) =>
  path
    .replace(packages, '')
    .replace(/^\//, '')
    .replace(/(?:\/index)?\.ts$/, '');

/** @param {Application} app */
export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () =>
    app.options.setValue(
      'entryPoints',
      entries.map(({ file }) => file),
    ),
  );
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const entry = entries.find(({ file }) => fileOf(file) === module.name);
      if (entry === undefined) throw new Error(`${module.name} is no entry of a package`);
      module.name = entry.name;
      module.comment = new Comment([{ kind: 'text', text: entry.says }]);
    }
  });
}
