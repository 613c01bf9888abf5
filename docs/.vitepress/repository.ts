/** Where the files are that are no pages of the site: READMEs of packages, CONTRIBUTING, LICENSE. */
export const repository = 'https://github.com/parse-factors/parse-factors';
