// This node and those that it is connected to: who has the same, who lacks what.

import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { Scroll } from '../parts/scroll.tsx'
import { Answer, Badge, Row } from '../parts/states.tsx'
import { formatSpan } from '../parts/time.tsx'

type Peer = Result<'node_peers'>['peers'][number]

export function NetworkView() {
  const words = useWords()
  const { network } = words
  const info = useCall('node_info', {})
  const status = useCall('node_status', {})
  const peers = useCall('node_peers', {})
  return (
    <>
      <h1>{network.heading}</h1>
      <section>
        <h2>{network.node}</h2>
        <Answer of={info}>
          {({ version, network: { chain, bridge, token } }) => (
            <dl>
              <Row name={network.version}>{version}</Row>
              <Row name={network.ethereum}>{network.chain(`${chain}`)}</Row>
              <Row name={network.bridge}>
                <code className="wrap">{bridge}</code>
              </Row>
              <Row name={network.token}>
                <code className="wrap">{token}</code>
              </Row>
              <StatusRows status={status.data} />
            </dl>
          )}
        </Answer>
      </section>
      <section>
        <h2>{network.peersHeading}</h2>
        <Answer of={peers}>{({ peers: all }) => <PeerTable peers={all} />}</Answer>
      </section>
    </>
  )
}

function StatusRows({ status }: { readonly status: Result<'node_status'> | undefined }) {
  const words = useWords()
  const { network } = words
  if (status === undefined) return null
  const { past, at, startedAt, diskBytes, transactions } = status
  return (
    <>
      <Row name={network.uptime}>{formatSpan((at - startedAt) / 1_000, words)}</Row>
      <Row name={network.transactions}>{transactions.held}</Row>
      <Row name={network.disk}>{formatBytes(diskBytes)}</Row>
      {past !== undefined && (
        <Row name={network.past}>
          {network.pastStates[past.state]} ({network.pastOf(`${past.replayed}`, `${past.height}`)}) {past.problem}
        </Row>
      )}
    </>
  )
}

function PeerTable({ peers }: { readonly peers: readonly Peer[] }) {
  const words = useWords()
  const { network } = words
  if (peers.length === 0) return <p className="faint">{network.noPeers}</p>
  return (
    <Scroll name={network.peersHeading}>
      <table>
        <thead>
          <tr>
            <th scope="col">{network.peer}</th>
            <th scope="col">{network.client}</th>
            <th scope="col">{network.agreement}</th>
            <th scope="col">{network.connected}</th>
            <th scope="col" className="number">
              {network.traffic}
            </th>
          </tr>
        </thead>
        <tbody>
          {peers.map(({ id, host, address, client, agreement: { verdict }, connectedSeconds, received, sent }) => (
            <tr key={id}>
              <td>{address ?? host}</td>
              <td>{client}</td>
              <td>
                <Badge tone={verdict === 'in-step' ? 'good' : verdict === 'other-branch' ? 'bad' : 'pending'}>
                  {network.verdicts[verdict]}
                </Badge>
              </td>
              <td>{formatSpan(connectedSeconds, words)}</td>
              <td className="number">
                {formatBytes(received.bytes)} / {formatBytes(sent.bytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function formatBytes(bytes: number): string {
  const power = bytes < 1_000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3))
  const text = power === 0 ? `${bytes}` : (bytes / 1_000 ** power).toFixed(1)
  return `${text} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`
}
