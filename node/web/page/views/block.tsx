// One block: what the node makes of it, when it is final, and what is in it.

import { useParams } from '@tanstack/react-router'
import { type Hash, isHash } from '../../../protocol/ids.ts'
import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { BlockBadge } from '../parts/block-table.tsx'
import { Bounds } from '../parts/final-time.tsx'
import { AddressLink, BlockLink, CopyButton } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Answer, Row } from '../parts/states.tsx'
import { StepTable } from '../parts/step-table.tsx'
import { Moment } from '../parts/time.tsx'
import { NotFound } from './not-found.tsx'

type Whole = Result<'bridge_block'>

export function Block() {
  const { id } = useParams({ from: '/block/$id' })
  return isHash(id) ? <KnownBlock id={id} /> : <NotFound />
}

function KnownBlock({ id }: { readonly id: Hash }) {
  const answer = useCall('bridge_block', { id })
  return <Answer of={answer}>{(block) => <BlockFacts block={block} />}</Answer>
}

function BlockFacts({ block }: { readonly block: Whole }) {
  const words = useWords()
  const { block: names, blocks } = words
  return (
    <>
      <h1>
        {names.heading(`${block.height}`)} <BlockBadge block={block} />
      </h1>
      <p className="wrap">
        <code>{block.id}</code> <CopyButton text={block.id} />
      </p>
      {block.problem !== undefined && <p className="problem">{block.problem}</p>}
      {block.wrong !== undefined && <p className="problem">{names.loss(block.wrong.loss)}</p>}
      {block.finalTime !== undefined && !block.final && (
        <section>
          <h2>{names.becomesFinal}</h2>
          <Bounds time={block.finalTime} />
        </section>
      )}
      <dl>
        <Row name={names.parent}>
          <BlockLink id={block.parent} />
        </Row>
        <Row name={blocks.miner}>
          <AddressLink owner={block.miner} whole />
        </Row>
        <Row name={blocks.published}>
          <Moment at={block.publishedAt} />
        </Row>
        <Row name={blocks.fee}>
          <Money tokens={block.fee} />
        </Row>
        {block.requested !== undefined && (
          <Row name={names.requested}>
            <Money tokens={block.requested} />
          </Row>
        )}
        {block.deposited !== undefined && (
          <Row name={names.deposited}>
            <Money tokens={block.deposited} />
          </Row>
        )}
        <Row name={names.work}>{`${block.work}`}</Row>
        <Row name={blocks.data}>{blocks.blobs(block.blobs)}</Row>
        <Row name={names.state}>
          <code className="wrap">{block.state}</code>
        </Row>
        {block.torrent !== undefined && (
          <Row name={names.torrent}>
            <code className="wrap">{block.torrent}</code>
          </Row>
        )}
      </dl>
      <section>
        <h2>
          {names.steps} ({block.steps})
        </h2>
        <StepTable packed={block.packedSteps} steps={block.steps} />
      </section>
    </>
  )
}
