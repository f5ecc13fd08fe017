/*
 * Runs one task with one peer and prints the figures as JSON.
 *
 * task-process.ts JOB-AS-JSON
 */
import { Dataset, keyForms } from './dataset.ts';
import type { Job, JobResult } from './job.ts';
import type { Key } from './peer.ts';
import { loadPeer } from './peer-list.ts';
import { tasks } from './tasks.ts';

const job = JSON.parse(process.argv[2] ?? '') as Job;
const peer = await loadPeer(job.peer);
const data = new Dataset<Key>(job.entries, job.valueBytes, keyForms[peer.keyForm]);
const figures = await tasks[job.task]({ job, peer, data });
const result: JobResult = { figures };
console.log(JSON.stringify(result));
// Timers and threads of a peer must not keep the process alive.
process.exit(0);
