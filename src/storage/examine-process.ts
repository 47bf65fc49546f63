/** Examines the database of the folder that is its argument and writes what it found as JSON. */
import { examineDatabase } from './examine-database.ts'

process.stdout.write(JSON.stringify(examineDatabase(process.argv[2] ?? '')))
