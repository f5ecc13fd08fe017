import type { Plugin } from 'vitest/config';

const SOURCES: RegExp = /\/src\/[^?]+\.ts$/;
const NAMED_IMPORT: RegExp = /^import \{([^}]*)\} from (".*?");/gm;

/**
 * Binds what the sources import to constants. Vitest replaces each use of an import by a call of a getter, which made loops
 * over imported constants and functions eight times as slow as in Node. The sources have no cycles and export nothing that
 * changes, so the constants are the imports. Lines stay as they are for the coverage, which ignores what is added.
 */
export function constantImports(): Plugin {
  return {
    name: 'constant-imports',
    // After the types are removed: what is imported then has a value.
    enforce: 'post',
    transform(code, id) {
      if (!SOURCES.test(id)) return undefined;
      let imports = 0;
      return code.replace(NAMED_IMPORT, (_line, names: string, from: string) => {
        imports += 1;
        const module = `imported$${imports}`;
        const bindings = names.replaceAll(' as ', ': ');
        return `import * as ${module} from ${from}; /* v8 ignore next */ const {${bindings}} = ${module};`;
      });
    },
  };
}
