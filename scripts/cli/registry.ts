// Which file of `commands/` each command is in: a run loads what its command line names, and all of them only for help.

import type { Command } from 'commander'
import type { Act } from './context.ts'

/** Adds a command to the program, with all that is below it. */
export type Registration = (program: Command, act: Act) => void

/** By the name of the command, in the order of the help. */
export const COMMANDS: Readonly<Record<string, () => Promise<Registration>>> = {
  devnet: async () => (await import('./commands/run/devnet.ts')).registerDevnet,
  demo: async () => (await import('./commands/run/demo.ts')).registerDemo,
  node: async () => (await import('./commands/run/node.ts')).registerNode,
  peers: async () => (await import('./commands/run/peers.ts')).registerPeers,
  tracker: async () => (await import('./commands/run/tracker.ts')).registerTracker,
  index: async () => (await import('./commands/run/index.ts')).registerIndex,
  network: async () => (await import('./commands/network/network.ts')).registerNetwork,
  genesis: async () => (await import('./commands/deploy/genesis.ts')).registerGenesis,
  deploy: async () => (await import('./commands/deploy/deploy.ts')).registerDeploy,
  'deploy-gateways': async () => (await import('./commands/deploy/deploy-gateways.ts')).registerDeployGateways,
  'verify-deployment': async () => (await import('./commands/deploy/verify-deployment.ts')).registerVerifyDeployment,
  wallet: async () => (await import('./commands/keys/wallet.ts')).registerWallet,
  contact: async () => (await import('./commands/keys/contact.ts')).registerContact,
  balance: async () => (await import('./commands/hold/balance.ts')).registerBalance,
  history: async () => (await import('./commands/hold/history.ts')).registerHistory,
  send: async () => (await import('./commands/hold/send.ts')).registerSend,
  receive: async () => (await import('./commands/hold/receive.ts')).registerReceive,
  bridge: async () => (await import('./commands/hold/bridge.ts')).registerBridge,
  status: async () => (await import('./commands/hold/status.ts')).registerStatus,
  wait: async () => (await import('./commands/hold/wait.ts')).registerWait,
  claim: async () => (await import('./commands/hold/claim.ts')).registerClaim,
  deposit: async () => (await import('./commands/hold/deposit.ts')).registerDeposit,
  force: async () => (await import('./commands/hold/force.ts')).registerForce,
  asset: async () => (await import('./commands/assets/asset.ts')).registerAsset,
  offer: async () => (await import('./commands/offers/offer.ts')).registerOffer,
  maker: async () => (await import('./commands/offers/maker.ts')).registerMaker,
  miner: async () => (await import('./commands/mine/miner.ts')).registerMiner,
  benchmark: async () => (await import('./commands/mine/benchmark.ts')).registerBenchmark,
  relay: async () => (await import('./commands/mine/relay.ts')).registerRelay,
  watch: async () => (await import('./commands/watch/watch.ts')).registerWatch,
  verify: async () => (await import('./commands/watch/verify.ts')).registerVerify,
  diff: async () => (await import('./commands/watch/diff.ts')).registerDiff,
  refute: async () => (await import('./commands/watch/refute.ts')).registerRefute,
  drill: async () => (await import('./commands/watch/drill.ts')).registerDrill,
  'attack-cost': async () => (await import('./commands/watch/attack-cost.ts')).registerAttackCost,
  tx: async () => (await import('./commands/watch/tx.ts')).registerTx,
  block: async () => (await import('./commands/watch/block.ts')).registerBlock,
  proof: async () => (await import('./commands/watch/proof.ts')).registerProof,
  help: async () => (await import('./commands/shell/help.ts')).registerHelp,
  completion: async () => (await import('./commands/shell/completion.ts')).registerCompletion,
}

/** What these say is about all commands. */
const ABOUT_ALL = ['help', 'completion']

/**
 * What a command line may need: the command that it begins with; else, behind flags, all that it names, even if as the value of one; all, where it names
 * none or what is about all; none, for the version.
 */
export async function registrationsFor(argv: readonly string[]): Promise<readonly Registration[]> {
  const [only] = argv
  if (argv.length === 1 && (only === '--version' || only === '-V')) return []
  const names = Object.keys(COMMANDS)
  const aboutAll = only !== undefined && ABOUT_ALL.includes(only)
  const named = aboutAll
    ? names
    : only !== undefined && names.includes(only)
      ? [only]
      : names.filter((name) => argv.includes(name))
  return await Promise.all((named.length > 0 ? named : names).map((name) => COMMANDS[name]?.())).then((found) =>
    found.flatMap((registration) => registration ?? []),
  )
}
