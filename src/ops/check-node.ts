import type { Finding } from '../ports/check.ts'

/** Whether the Node that runs this can run the server, and which one it is. `version` as in process.versions.node. */
export function checkNode(node: {
  readonly version: string
  readonly path: string
  readonly neededMajor: number
}): readonly Finding[] {
  const { version, path, neededMajor } = node
  if (Number.parseInt(version) >= neededMajor) return [{ kind: 'fine', says: `${version}, ${path}` }]
  return [
    {
      kind: 'broken',
      says: `${version} at ${path} is older than ${neededMajor}`,
      fix: {
        name: 'installNode',
        does: `Run npm ci, which brings Node ${neededMajor}, and start with npm start; or install it from https://nodejs.org`,
      },
    },
  ]
}
