/**
 * Measures what a frame costs: npm run bench, with --json for machines. Ratios within one run are the result; the bars
 * beside them come from docs/adr/0003-audio-kernel.md.
 */
import { audioSections } from './audio.ts'
import { toTable } from './report.ts'

const sections = audioSections()
console.log(process.argv.includes('--json') ? JSON.stringify({ sections }, null, 2) : toTable(sections))
