// Every code of an `OperationError`, with what it means and what to do next. docs/errors.md is made of this table.

import type { FactForms } from './protocol/facts.ts'

export const OPERATION_CODES = {
  'account-busy':
    'Blob transactions and others of one account cannot wait at the same time: wait, or send them from two accounts.',
  'account-in-use': 'Another process sends from this account: give each a wallet of its own, or stop that process.',
  'alarm-undelivered':
    'A webhook or a command of `--on-alarm` did not accept an alarm, which is lost: see to it, since nobody is told otherwise.',
  'already-known': 'The node has this transaction, which counts once: sign a new one to pay again.',
  'already-runs': 'A process of this kind has the folder: use it, stop it, or choose another folder.',
  'ancestors-not-found':
    'Nobody delivered some of the ancestors of a payment in time: ask the payer for a proof with its ancestors (`ttx proof export`) and import that, or try again when more nodes are connected.',
  'anvil-missing':
    'The development chain is not installed: run `npm install` with optional packages, or name a chain of your own.',
  'asset-not-final':
    'The issuance of the asset can still be reversed, and all of it would be gone: wait until it is final, or take the risk with --unfinal.',
  'bad-address':
    'The text is neither an address nor the name of a wallet or a contact, or it names two, or nobody could own what is sent there: name another one.',
  'bad-answer': 'What answers is not a TorrentTX node, or one of another version: check the URL and the versions.',
  'bad-arguments': 'Arguments do not go together, or name the wrong file: correct them.',
  'bad-branch': 'The ledger was given a branch that does not fit it, which is a bug: report it with the log.',
  'bad-contact-name':
    'A contact has a name of 1 to 32 characters a-z, 0-9, - and _, which is neither an address nor reads like another name: choose another one.',
  'bad-deployment': 'The file does not describe a network: get it again, from those who run the network.',
  'bad-endpoint':
    'URLs of Ethereum endpoints must begin with http or https, and there must be one at least: correct the setting.',
  'bad-endpoints': 'The file that a devnet wrote about itself is damaged: remove it, and restart the devnet.',
  'bad-keystore':
    'The file is not an Ethereum keystore that can be read here: restore it from a backup, or import the words.',
  'bad-passphrase-file': 'The file does not hold one line with a passphrase: correct the file or the setting.',
  'bad-setting':
    'A setting has a value that it cannot have, or its file cannot be read: correct it where the facts say.',
  'bad-payment-uri':
    'The payment request is malformed, says something that this version does not know, or is of another network: ask for another one.',
  'bad-signature':
    'A signer returned something other than a signature by the account of what was asked: nothing was sent, use another signer.',
  'bad-signer': 'The signer cannot be used as it is set: check its URL and the account, and that it is unlocked there.',
  'bad-snapshot': 'A node served another state than that of the block: it is fetched elsewhere, or replayed instead.',
  'bad-wallet-name': 'The name of a wallet has 1 to 32 characters a-z, 0-9, - and _: choose another one.',
  'bad-words': 'The words are not those of a wallet: compare each word and its place with what you wrote down.',
  'beacon-refused':
    'A beacon endpoint refused, or answered with something else: check that the URL is that of a beacon node, with its key.',
  'beacon-silent': 'A beacon endpoint does not answer: check that it runs and can be reached.',
  'beacon-wrong-chain': 'A beacon endpoint is on another chain than Ethereum is here: name one of this network.',
  'below-minimum': 'The amount is less than what is moved between the chains: choose a larger one.',
  'blobs-absent': 'A source lacks the blobs of a block, since it is behind or no longer keeps them: others are asked.',
  'blobs-missing':
    'Nobody who was asked has all blobs of a block now, so it cannot be judged: name another beacon endpoint if this stays.',
  'blobs-wrong':
    'A source delivered other blobs than those asked for: it is left alone for a while, take it out if this stays.',
  'blobs-unknown': 'The node does not have the blobs of the block (yet): ask again later, or ask another node.',
  'block-not-final':
    'The block is not final yet, and only what is after final ones can be proved: wait, or ask for the newest final one.',
  'block-not-judged': 'The node lacks what it needs to replay the block: wait until it has caught up.',
  'block-not-wanted':
    'The block is not on the preferred tip, or the contract would not accept it now: build on the present tip.',
  'book-damaged':
    'A file of the book of offers is damaged: move it away, whoever has the offer itself can still take it.',
  'branch-changing': 'The ledger is about to follow another branch: ask again.',
  'bridge-refused':
    'The bridge would refuse the call, and the fact `error` names its reason: the message says what to do.',
  'call-reverted':
    'The call would fail on Ethereum, without a reason that is known here or for one that a strange contract gives: see the message, and check versions and endpoint.',
  'cannot-listen': 'The host or the port cannot be listened on: choose another one.',
  'contact-exists': 'A contact or a wallet has this name: choose another one, or rename or remove that one first.',
  'contact-missing': 'There is no contact of this name: name one of those that the message lists, or add it.',
  'contacts-damaged': 'The file of the contacts is damaged: correct it, or move it away and add the contacts again.',
  'database-damaged':
    'A power cut or a full disk damaged a database of the node: delete its folder, and what can come back does so.',
  'database-failed':
    'The data of the bridge cannot be read or written: see to the disk as the message says, then start the node again.',
  'database-in-use': 'Another process has the database open: stop that node, or choose another data folder.',
  'database-unavailable': 'A database of the node cannot be opened: check the disk, and owner and mode of its folder.',
  'decimals-unknown':
    'Nobody says how many decimals the asset has: name an endpoint of Ethereum, or give the amount in base units with --units.',
  'demo-failed':
    'The demo saw what must never be, as money that appeared or vanished, which is a bug: keep the folder and report it.',
  'deployment-differs':
    'The contracts are not what the file says: do not use the network before you know why; see `differences`.',
  'deployment-failed':
    'The bridge was not deployed as it should be: check the account and the genesis, then deploy again.',
  'deployment-missing': 'The file of the network is not named or not there: name it with --deployment.',
  'deployment-refused':
    'The chain or the parameters are a bad choice for a bridge that cannot be changed: choose otherwise, or accept the risk by its name.',
  'deployment-unfinished':
    'Another deployment of the account is under way: finish that one with the same options, then deploy this one.',
  'deployment-unproven':
    'Nothing differs, but not everything was seen: name the genesis, and endpoints that answer; see `missing`.',
  'deposit-moved':
    'Ethereum was reorganised, and the deposit has another id now, which the fact `now` names, or is gone: go on with that id.',
  'deposit-not-queued':
    'The queue of the bridge holds no such deposit, as far as the node has read it: hand nothing in, a node makes the file itself.',
  'devnet-torn': 'The folder of the devnet is of another chain: move it away, or choose another one.',
  'download-aborted': 'Nobody delivered the torrent in time: connect to more nodes, or wait longer.',
  'download-failed': 'The torrent cannot be downloaded or stored: check the disk and try again.',
  'drill-failed': 'Not every bad block died in time: see that a watcher runs, and kill what lives with `ttx refute`.',
  'ethereum-closed': 'This program has closed its connection to Ethereum: start it again if it should go on.',
  'ethereum-deep-reorganisation': 'Ethereum took back what was final: check that the endpoint is on the right network.',
  'ethereum-disagreement': 'Endpoints of Ethereum contradict each other: find out which one is wrong, and take it out.',
  'ethereum-lags': 'An endpoint of Ethereum has fallen behind: wait, or use another one.',
  'ethereum-limited': 'An endpoint of Ethereum wants fewer questions: wait, or use one that allows more.',
  'ethereum-locked': 'An endpoint of Ethereum wants a key or a password: put it into the URL as its provider says.',
  'ethereum-logs-incomplete': 'An endpoint of Ethereum leaves out logs: use another one if this stays.',
  'ethereum-missing': 'No endpoint of Ethereum is named: name one with --ethereum.',
  'ethereum-moved': 'Ethereum changed while it was read: it is read again.',
  'ethereum-no-bridge': 'There is no such bridge at the address: check the address, and that the endpoint is in sync.',
  'ethereum-other-bridge':
    'The bridge has other parameters than the network: use the right endpoint or deployment file.',
  'ethereum-pruned-logs': 'The endpoint of Ethereum no longer keeps what is that old: use one with full history.',
  'ethereum-refused': 'An endpoint of Ethereum answered with an error: the message has its words.',
  'ethereum-reorganised': 'Ethereum was reorganised while it was read: it is read again.',
  'ethereum-silent': 'An endpoint of Ethereum does not answer: check that it runs and can be reached.',
  'ethereum-stale': 'The newest block of Ethereum is too old: the endpoint is stuck, or this clock is wrong.',
  'ethereum-wrong-chain': 'The endpoint is on another chain: name one of this network.',
  'expenses-damaged':
    'The file of what a miner paid for gas is damaged: move it away, and gas is counted from then on.',
  'fee-cap':
    'Gas costs more than what may be paid: wait for it to fall, or allow more (`--max-gas-price`, `--max-blob-gas-price`).',
  'file-missing': 'There is no such file: check the path.',
  'file-not-written': 'The file cannot be written, or is there already: choose another name.',
  'file-too-long': 'The file is longer than what it should hold: check the path.',
  'file-unreadable': 'The file cannot be read: check its owner and mode.',
  'final-not-seeded':
    'Nobody delivers the balances of the final block, with which a new node begins: connect to more nodes with --peers, or begin at genesis with --from-genesis.',
  'feed-off': 'The node keeps no change feed: start it with `--feed 256`, and begin at a snapshot.',
  'feed-pruned':
    'The feed no longer has the events that follow there, or has others: begin at a snapshot of it (`feed_snapshot`; `ttx index` does so by itself), and go on behind that.',
  'files-unknown':
    'The node has not replayed the block, or it is below the one with which the node began: ask a node that has it.',
  'folder-other-network':
    'The data folder is for another network than that of the node: name the node or the folder of the one that is meant.',
  'folder-not-empty': 'The folder must be new or empty: choose another one.',
  'funds-spread': 'The money is there, but in more than 8 outputs: pay yourself first.',
  'input-too-long': 'More came on standard input than is read: check what is piped in.',
  'index-failed':
    'The database of the index cannot be opened: check `--database`, and that the server runs and lets this user in.',
  'index-moved': 'Two processes write one index: stop one of them, the other goes on.',
  'index-newer': 'A newer version of this program wrote the index: use that, or another database.',
  'index-other-network':
    'The index is of another network than the node: name another database, or the node that is meant.',
  'insufficient-funds': 'The account can spend less than that now: pay less, or wait for what is on its way.',
  'insufficient-tokens': 'The account holds less of the token than that: deposit less, or get more of it first.',
  'insufficient-wttx': 'The account holds less wTTX than that: deposit less, or bridge TTX to it first.',
  interrupted: 'Ctrl-C came before the command was done: run it again to go on.',
  'journal-damaged': 'The file of one of our blocks is damaged: move it away to go on without that block.',
  'kernel-absent': 'The kernel does not run on this machine: take one that "ttx benchmark" lists, or "auto".',
  'kernel-wrong':
    'A kernel of the search finds other nonces than the reference on this machine: it is not used; report it with the model of the processor.',
  'ledger-beginning':
    'The node is new and has still to get the balances of the final block: `ttx node status` shows how far it is, hand the transaction in again then.',
  'ledger-closed': 'The node is starting or stopping: ask again when it runs.',
  'ledger-damaged': 'The database of the ledger contradicts itself: delete it and follow the bridge again.',
  'ledger-failed': 'The disk refused a write: see to it as the message says, then start the node again.',
  'ledger-not-empty': 'A snapshot can only be loaded into an empty ledger: use another data folder.',
  'listen-failed': 'The port for BitTorrent cannot be opened: end what holds it, or choose another one.',
  'network-file-damaged':
    'The file that says which network a data folder is for is damaged: remove it once you are sure of the node.',
  'network-died':
    'BitTorrent ended in a running node, as when the system gives it no more sockets: the node ends too, start it again.',
  'never-published': 'The block does not follow from its parent, so it was made up: ask others for it.',
  'no-answer': 'The input ended before a question was answered: type the answer and press Enter.',
  'no-common-block': 'The branches of the two blocks meet too far below: choose blocks of one race.',
  'no-create2-proxy':
    'The chain lacks the contract by which a judge gets its address: deploy that first, as its own page says.',
  'no-devnet': 'No devnet runs on the folder: start one with `ttx devnet`, or name its folder.',
  'no-ethereum': 'The node was started without Ethereum: start it with --ethereum.',
  'no-evidence': 'Nobody served what a verdict needs: it is asked for again, add an endpoint if this stays.',
  'no-miner':
    'No miner has written of itself to the folder: start one with `ttx miner`, or name its folder with --data.',
  'no-request':
    'The transaction asks for nothing on Ethereum, so nothing is paid there: wait until it is final instead.',
  'no-gateway':
    'The network names no factory of gateways, or the asset is none of its gateways: make one with `ttx deploy-gateways`, or use the contract itself.',
  'no-rivals': 'The two blocks are on one branch: choose blocks of two branches.',
  'node-failed': 'The node failed in a way that this version does not know: see its log, and compare the versions.',
  'node-is-wrong': 'The node calls a wrong block right, so its software or its disk is damaged: use another node.',
  'node-not-ready': 'The node does not follow the bridge yet: see what it lacks.',
  'node-other-network':
    'The node serves another network than the one that is meant: use another node, or the right deployment file.',
  'node-unreachable': 'No node answers at the URL: start one, or name another.',
  'nonce-gap': 'A transaction that was sent before this one is lost: send what is missing by other means, or wait.',
  'not-a-devnet': 'The chain is not a development chain: use one, since this is not done where money is real.',
  'not-built': 'The contracts are not compiled: run `npm run build`.',
  'not-confirmed': 'Nobody said yes, so nothing was sent: run it on a terminal, or with --yes.',
  'not-judged': 'A block cannot be judged now: it is tried again.',
  'not-published': 'Something else came before the bad block of a drill: make another one.',
  'not-started': 'The network does not run yet: start it first.',
  'nothing-owed': 'The gateway owes nothing to the address: see it with `ttx balance --asset`.',
  'nothing-to-claim': 'No request can be claimed: see where it is with `ttx status`.',
  'nothing-to-force': 'The transaction does not wait for a block, or cannot be forced: see its status.',
  'nothing-to-lie-about': 'A lie of a drill needs something that is not there: arrange it first.',
  'nothing-to-refute': 'The block is not a wrong one on a right one: see its verdict with `ttx block`.',
  'offer-gone':
    'What the offer gives is spent, or never was there: see `ttx offer show`, and ask its maker for another one.',
  'offer-not-for-you': 'The offer is your own, or names another taker: use another wallet, or ask for one of your own.',
  'other-id': 'The id names another kind of thing than the command is about: use the command that the message names.',
  'other-network': 'Data, node or endpoint belong to another network: give all of them the same one.',
  'outbox-damaged': 'The file of pending transactions is damaged: move it away once nothing of the account is pending.',
  'page-gone': 'The block after which the page begins has left the list: begin again.',
  'passphrase-missing': 'There is no passphrase, and no terminal to ask on: set TTX_PASSPHRASE or TTX_PASSPHRASE_FILE.',
  'passphrases-differ': 'The two passphrases differ: run the command again.',
  'past-not-served':
    'No connected node delivers a block of the past, which is to be replayed: it is tried again; connect to nodes that began at genesis.',
  'payment-under-way':
    'The payment was signed and sent, and the node may have accepted it: look with `ttx status` before you pay again.',
  'peer-closed': 'The peer closed the connection: others are asked.',
  'peer-silent': 'The peer did not answer in time: others are asked.',
  'port-in-use': 'The port is in use: stop what uses it, or choose another one.',
  'pow-pool-dead': 'Mining threads die as soon as they start: see the log, then start the miner again.',
  'pow-pool-stopped': 'The mining threads were stopped: start the miner again.',
  'refutation-failed': 'A refutation had no effect: it is tried again.',
  'refutation-unfinished': 'A refutation takes long and makes room for others: it goes on in a moment.',
  'retrace-failed':
    'The past cannot be replayed on this machine, for the reason in the message: the node goes on without, start it again to try once more.',
  'service-died': 'A process of the devnet ended: its last words are in the message, the rest is in its log.',
  silent: 'The node or endpoint that was asked does not answer: see whether it runs, and can be reached.',
  'signer-refused':
    'Whoever answers at the signer said no: nothing was sent, run the command again if that was not meant.',
  'signer-unreachable': 'The signer does not answer: see that it runs and can be reached. Nothing was sent.',
  'snapshot-not-final': 'The block of the snapshot is not final on Ethereum: use the snapshot of a final block.',
  stopped: 'A part of the program was stopped while something waited for it: start it again if it should go on.',
  'state-unknown': 'The state after the block is not available: ask for a newer block, or another node.',
  'too-many-offers':
    'The node cannot leave alone all that open offers of the folder give: have ended ones let go of with `ttx offer list`, or withdraw some.',
  'transaction-cancelled':
    'The transaction was cancelled, since it would have failed: look at the status and try again.',
  'transaction-conflicting':
    'Another transaction spends the same money and comes before it: wait again if that one may still die, else sign a new one.',
  'transaction-failed':
    'The transaction had no effect, since something else came first or a token refused each payment: look at the status and try again.',
  'transaction-lost':
    'Another transaction took the place of this one: make sure that it had no effect, then try again.',
  'transaction-not-accepted': 'The transaction came, and breaks a rule: ask its sender for another one.',
  'transaction-not-found':
    'Nobody delivered the transaction in time: connect to more nodes, wait longer, or import it.',
  'transaction-under-way': 'The transaction was sent, and its end is not known yet: run the same command again.',
  'unfunded-account': 'The account has too few coins for gas: send coins to it.',
  'unknown-asset': 'No issuance of this id is known here: check the id, or connect to nodes that have it.',
  'unknown-block': 'Nobody who was asked knows this block: check its id, or wait until the node has caught up.',
  'unknown-id':
    'Neither the node has a block of this id nor Ethereum such a transaction: check the id, or ask again once it is in a block.',
  'unknown-offer': 'No offer of this id is in the book of this folder: name its file, or see `ttx offer list`.',
  'unknown-transaction': 'The node does not have this transaction: have it fetched first, with `ttx tx show`.',
  'verdicts-differ': 'The node calls a block wrong that our own replay finds right: see which of the two errs.',
  'wallet-exists': 'There is a wallet of this name, which is never overwritten: choose another name.',
  'wallet-missing': 'There is no such wallet: make it with `ttx wallet create`, or see `ttx wallet list`.',
  'wallet-not-written': 'The wallet cannot be written: make the folder writable, or choose another one.',
  'waited-in-vain': 'Something that a devnet or a demo waits for did not come: see the logs.',
  'relay-work':
    'So many payments hang on one coin that nodes ask for work before they hand on another: wait until a block orders some of them, or pay with other money.',
  'weak-passphrase': 'The passphrase is too short: choose a longer one, such as four random words.',
  'write-failed': 'The disk is full, read-only or not yours: see to it as the message says, then try again.',
  'wrong-ground': 'The block on which another one is to be judged is wrong: nothing that builds on it counts.',
  'wrong-passphrase': 'The passphrase does not open the wallet: type it again, or import the wallet from its words.',
} as const satisfies Record<string, string>

export type OperationCode = keyof typeof OPERATION_CODES

/** Facts that programs read: each error with this code has them, in this form. All other facts are for people and logs. */
export const OPERATION_FACTS = {
  'already-runs': { pid: 'text' },
  'bridge-refused': { error: 'text' },
  'insufficient-funds': { spendable: 'amount' },
  'nothing-to-lie-about': { need: 'text' },
  'service-died': { exitCode: 'text' },
  'unknown-block': { block: 'text' },
} as const satisfies { readonly [C in OperationCode]?: FactForms }
