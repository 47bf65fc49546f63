/** Diagnoses and writes what it found as one line of JSON, for cli/doctor.ts. */
import { diagnose } from './doctor.ts'

process.stdout.write(`${JSON.stringify(await diagnose({ env: process.env }))}\n`)
