import { StepError } from './progress.mjs';
import { filesBelow } from './source-files.mjs';

/** The layers from the top down. What mirrors no layer tests the whole program: it takes longest and starts first. */
const layers = [
  'cmd',
  'control',
  'monitoring',
  'service',
  'config',
  'engine',
  'sqlite',
  'replica',
  'format',
  'kernel',
  'runtime',
];

/**
 * The compiled test files to run, slowest suites first. A filter is a suite (a folder of test/) or a part of a path;
 * no filter means all. Long forms are run by themselves only.
 */
export function testFiles({ filters, long }) {
  const ending = long ? '.long.js' : '.test.js';
  const all = filesBelow('dist/test', { extension: ending }).sort((a, b) => rank(a) - rank(b));
  const selections = filters.map((filter) => select(all, filter));
  return filters.length === 0 ? all : all.filter((path) => selections.some((selection) => selection.has(path)));
}

/** The first folder below test/. */
export function suiteOf(path) {
  const [suite, rest] = path.replace(/^.*?dist\/test\//, '').split('/');
  return rest === undefined ? 'test' : suite;
}

function select(all, filter) {
  const suite = all.filter((path) => suiteOf(path) === filter);
  const name = filter.replace(/\.ts$/, '.js');
  const found = suite.length > 0 ? suite : all.filter((path) => `${path}`.includes(name));
  if (found.length === 0) throw new StepError(`Cannot run "${filter}": no suite and no test file has that name`);
  return new Set(found);
}

function rank(path) {
  return layers.indexOf(suiteOf(path));
}
