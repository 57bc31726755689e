// The layout of the data folder, in one place.
//
//   <data>/                  ~/.torrenttx/<network> unless --data or TTX_DATA says otherwise
//     wallets/<name>.json    keys: Ethereum keystore V3, mode 0600; back these up, or the words
//     contacts.json          names that the user gave to addresses of others, mode 0600
//     node/                  database and torrents of `ttx node`
//     miner/                 journal of `ttx miner`: blocks that are on their way to Ethereum
//     miner-status.json      what the miner that runs here says of itself, mode 0600; gone when it ends by itself
//     outbox/<…>.json        what an account has signed for a bridge and may still count, by chain, bridge and account
//     outbox/payments/       what was signed on the TTX side, until its command has said what became of it
//     offers/<id>.json       what was offered and taken from here, mode 0600; what an open offer gives is spent by nothing else
//     deploying/<…>.json     what an account is deploying, by chain and account; gone when that is done
//     bound-network.json     the network that money of these wallets is moved on: chain, bridge, genesis; from the first time on
//     network.json           the file of the network that the folder has joined
//     node.json              what the node of the folder runs with, mode 0600, since URLs may hold keys
//     devnet.json            where the devnet that runs here can be reached; gone when it ends
//     devnet.lock            the process of that devnet
//     passphrase             devnet only: opens its wallets, mode 0600
//     deployment.json        devnet only: where its bridge is
//     example-token          devnet only: address of a token on its Ethereum, to try a gateway with
//     ethereum.json          devnet only: the embedded Ethereum
//     logs/<process>.log     devnet only
//     peer/                  devnet only: data folder of its second node

import { join } from 'node:path'

export type DataFolder = {
  readonly root: string
  readonly wallets: string
  readonly node: string
  readonly miner: string
  readonly outbox: string
  readonly offers: string
}

/** Paths only; nothing is created or read. */
export function dataFolder(root: string): DataFolder {
  const inside = (name: string) => join(root, name)
  return {
    ...{ root, wallets: inside('wallets'), node: inside('node'), miner: inside('miner') },
    ...{ outbox: inside('outbox'), offers: inside('offers') },
  }
}
