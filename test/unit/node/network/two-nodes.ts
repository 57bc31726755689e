// Two nodes that gossip once and stop: run as a process of its own, which must then end by itself.

import { Lab, until } from './lab.ts'
import { testFile } from './memory-store.ts'

{
  await using lab = new Lab()
  const alice = await lab.node({ utp: true, dht: { bootstrap: [] } })
  const bob = await lab.node({ utp: true, peers: [alice] })
  const [infohash] = alice.store.add(testFile('before the end'))
  await until(() => infohash !== undefined && bob.store.has(infohash), 'it came')
}
console.log('stopped')
