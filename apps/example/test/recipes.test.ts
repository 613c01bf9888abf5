import { describe, expect, it } from 'vitest';
import { codeRecipe, restRecipe } from './recipe.js';

/** The requests of the REST page, and those of GraphQL, are sent to the example by `npm run check:docs`. */

describe.each(['javascript', 'swift', 'kotlin', 'flutter', 'dotnet'])('the code of the page for %s', (page) => {
  it('sends those of the REST page, each once and in that order', () => {
    const recipe = restRecipe();
    expect(recipe.length).toBeGreaterThan(18);
    expect(codeRecipe(page)).toEqual(recipe);
  });
});
