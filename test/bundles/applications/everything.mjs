// All exports, on Node: what an application carries that a bundler cannot shake.
import * as everything from 'projection-cache';

console.log(Object.keys(everything).includes('AsyncProjector') ? 'everything' : 'not all');
