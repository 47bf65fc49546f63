import { readFile } from 'node:fs/promises'

/** Numbers of the states in the kernel's table. Source: Linux include/net/tcp_states.h */
const stateNames: Readonly<Record<string, string>> = {
  '01': 'established',
  '02': 'synSent',
  '03': 'synReceived',
  '04': 'finWait1',
  '05': 'finWait2',
  '06': 'timeWait',
  '08': 'closeWait',
  '09': 'lastAck',
  '0B': 'closing',
}

/** A connection as one of its ends has it. */
export type TcpEnd = {
  readonly localPort: number
  readonly otherAddress: string
  readonly otherPort: number
  readonly state: string
}

/** The kernel's IPv4 connections, each end of one on this machine by itself; undefined where they cannot be read. */
export async function tcpTable(): Promise<readonly TcpEnd[] | undefined> {
  const text = await readFile('/proc/net/tcp', 'latin1').catch(() => undefined)
  return text
    ?.split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, other, state = ''] = line.trim().split(/\s+/)
      const name = stateNames[state]
      if (name === undefined) return []
      return {
        localPort: portOf(local),
        otherAddress: addressOf(other),
        otherPort: portOf(other),
        state: name,
      }
    })
}

/** The kernel writes an address as it lies in memory: on all machines that Node runs on, the last byte first. */
function addressOf(address = ''): string {
  const bytes = address.split(':')[0]?.match(/../g) ?? []
  return bytes
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(':')[1] ?? '', 16)
}
