// SPDX-License-Identifier: MIT
// Everything that the bridge can be asked and can answer: its types, events, errors and functions. Long for what it explains.
pragma solidity 0.8.37;

import {BlobHead} from "../types/BlobHead.sol";
import {BlockId, BlockKey} from "../types/BlockId.sol";
import {Lane} from "../types/Lane.sol";
import {Refutation} from "../types/Refutation.sol";
import {IBlobs} from "./IBlobs.sol";
import {IJudge} from "./IJudge.sol";
import {IReader} from "./IReader.sol";
import {IWrappedTTX} from "./IWrappedTTX.sol";

/// @title The TorrentTX bridge
/// @notice Bridging blocks are proof-of-work blocks of TTX transactions (docs/protocol.md, section 7). Anybody may call
/// anything: there is no owner, no pause and no upgrade. Where a function takes `sealedHeader`, it wants the 417 bytes
/// `header ‖ miner ‖ nonce`; a block's id is `keccak(keccak(header) ‖ miner ‖ nonce)`, and its key the lower 16 bytes of that. Times are Unix seconds, amounts are
/// base units (10^-18) of TTX or wTTX, and fees and bonds in `gwei` are 10^-9 of the chain's coin.
interface IBridge is IBlobs {
    // ------------------------------------------------------------------------------------------------------------ types

    /// @notice What the contract keeps of a block, in two words and in up to four where it took part in a race. Everything else of
    /// it is in its header and in its event.
    /// @param publishedAt when it was published; zero if there is no such block
    /// @param work expected number of hashes from genesis up to this block
    /// @param flags bits: 1 refuted, 2 final, 4 rival (published beside a live sibling), 8 unpaid (final, but its miner
    /// earns nothing)
    /// @param bond gwei that lie here until the block's time is over; zero once taken
    /// @param tag the 8 bytes of its id before the key
    /// @param parent key of the parent; zero for genesis
    /// @param firstChild its earliest unrefuted child, or zero
    /// @param lastChild its latest unrefuted child where there were ever two or more at a time, else zero
    /// @param previousSibling the unrefuted sibling published before it, or zero
    /// @param nextSibling the unrefuted sibling published after it, or zero
    struct BlockRecord {
        uint40 publishedAt;
        uint96 work;
        uint8 flags;
        uint48 bond;
        bytes8 tag;
        BlockKey parent;
        BlockKey firstChild;
        BlockKey lastChild;
        BlockKey previousSibling;
        BlockKey nextSibling;
    }

    /// @notice The block that is in the slot of a parent, and since when; zeros if there is none.
    struct Nomination {
        BlockKey block_;
        uint40 time;
    }

    /// @notice What a publication says besides the content of the block.
    /// @param target a number within the bounds of this moment; the work of the block is that of its target
    /// @param torrent infohash of the block's torrent: a hint that nobody checks
    /// @param miner to whom the fees and the bond go
    /// @param nonce what was searched
    /// @param beside where the parent has live children, the latest of them: so nobody forks by accident, nor beside a block
    /// that they have not seen. The bond is lost unless all of them are refuted, and only the miner's own account can publish it.
    /// Where there are none, anything
    struct Publication {
        uint256 target;
        bytes20 torrent;
        address miner;
        bytes32 nonce;
        BlockKey beside;
    }

    /// @notice Proof that a block asks for a payment (docs/protocol.md, section 5.1).
    /// @param number of the request along the branch, from 0
    /// @param step number of its step in the block, from 0
    /// @param to the recipient
    /// @param amount base units, the fee included
    /// @param siblings exactly ceil(log2(requestCount)) hashes, from the leaf up
    struct Claim {
        uint256 number;
        uint32 step;
        address to;
        uint128 amount;
        bytes32[] siblings;
    }

    // ----------------------------------------------------------------------------------------------------------- events

    /// @notice A block was published. Anyone who has this event has the entire block.
    /// @param torrent infohash of the block's torrent: a hint for the swarm, which nobody checks
    /// @param header the sealed header, 417 bytes
    /// @param steps the packed steps one after another
    /// @param states the state after each step, 32 bytes each
    event BlockPublished(
        BlockId indexed id,
        BlockId indexed parent,
        address indexed miner,
        bytes20 torrent,
        uint40 time,
        bytes header,
        bytes steps,
        bytes states
    );

    /// @notice A block was published whose rows are in blobs of this transaction (docs/protocol.md, section 5.2). Anyone who has this event,
    /// and these blobs, has the entire block.
    /// @param torrent infohash of the block's torrent: a hint for the swarm, which nobody checks
    /// @param header the sealed header, 417 bytes
    /// @param hashes of the blobs, in the order of the transaction
    /// @param entries of the queue that it consumes, as in `BlobHead`
    /// @param requests as in `BlobHead`
    event BlobsPublished(
        BlockId indexed id,
        BlockId indexed parent,
        address indexed miner,
        bytes20 torrent,
        uint40 time,
        bytes header,
        bytes32[] hashes,
        bytes entries,
        bytes requests
    );

    /// @notice A block was proved wrong; it and its descendants are dead.
    /// @param prover who gets the reward
    /// @param reward half of the bond that was still here, in gwei
    event BlockRefuted(BlockId indexed id, address indexed prover, uint64 reward);

    /// @notice `block_` took the slot of `parent`.
    event Nominated(BlockKey indexed parent, BlockKey indexed block_);

    /// @notice A block became final. `fee` wTTX were minted to `miner`: zero where the block earns nothing, in which case
    /// they stay locked forever.
    event BlockFinalized(BlockId indexed id, address indexed miner, uint256 fee);

    /// @notice Request `number` was paid: `amount` wTTX were minted to `to`.
    event Claimed(BlockId indexed block_, uint256 indexed number, address indexed to, uint256 amount);

    /// @notice Entry `index` of the lane of deposits: `amount` wTTX of `from` were burned for `to` on the TTX side (which is credited 99%).
    event Deposited(uint256 indexed index, address indexed from, address indexed to, uint256 amount, uint40 time);

    /// @notice Entry `index` of the lane of assets: `amount` units of the asset of kind 2 that is `asset`, who called, are credited to `to` on
    /// the TTX side.
    /// @param fee what it pays to the miner of the final block that consumes it, in gwei
    event Entered(
        uint256 indexed index, address indexed asset, address indexed to, uint256 amount, uint64 fee, uint40 time
    );

    /// @notice Entry `index` of the lane of forced transactions.
    /// @param fee what it pays to the miner of the final block that consumes it, in gwei
    /// @param transaction the packed transaction
    event Forced(uint256 indexed index, address indexed from, uint64 fee, bytes transaction, uint40 time);

    /// @notice The bond of a block was released to its miner, who may now withdraw it.
    event BondReleased(BlockId indexed id, address indexed miner, uint64 bond);

    /// @notice `amount` wei more are owed to `account`: the fees of forced transactions and entries of assets, a bond or a reward. What is owed to an account is the sum of these less the sum of `Withdrawn`, and nothing else.
    event Owed(address indexed account, uint256 amount);

    /// @notice `amount` wei left the bridge for their owner, who is owed nothing now.
    event Withdrawn(address indexed account, uint256 amount);

    // ----------------------------------------------------------------------------------------------------------- errors

    /// @notice Constructor: the easiest target has to be at least 2^176 and below 2^244.
    error BadEasiestTarget(uint256 target);
    /// @notice Constructor: the genesis state must not be zero, nor the minima; the floor price is at most 500,000 gwei, and the chain id fits into 64 bits.
    error BadParameters();

    /// @notice A sealed header is 417 bytes.
    error BadHeaderLength(uint256 length);
    /// @notice No such block was published.
    error UnknownBlock(BlockId id);
    /// @notice This very block was published before.
    error AlreadyPublished(BlockId id);
    /// @notice The block was refuted.
    error BlockIsRefuted(BlockId id);
    /// @notice The parent is not on the final chain or above it: its children can never be final.
    error StaleParent(BlockId parent);
    /// @notice A parent that is not final may be 14 days old: what it did has to be there for everybody to look at.
    error OldParent(BlockId parent);
    /// @notice The parent has to be less than 128 above the final block.
    error TooFarAhead(uint256 height, uint256 finalHeight);
    /// @notice The earliest live child of the parent is 12 hours old: nothing can be published beside it any more.
    error RaceClosed(BlockKey first);
    /// @notice There are live siblings, of which this is the latest: it has to be named if this fork is wanted. The bond is lost
    /// unless all older siblings are refuted.
    error SiblingExists(BlockKey last);
    /// @notice The latest live sibling was published in this very second, and siblings are ordered by time: come later.
    error SameSecond(BlockKey last);
    /// @notice A rival's work has to be that of the first live sibling: less would be cheap delay, and with more one block alone
    /// would displace another.
    error RivalWorkDiffers(uint256 work, uint256 expected);
    /// @notice The miner's address is zero.
    error ZeroMiner();
    /// @notice The target has to be within these bounds at this moment (docs/protocol.md, section 7.2).
    error TargetOutOfRange(uint256 target, uint256 floor, uint256 ceiling);
    /// @notice The digest, which is the block's id, has to be at most the target.
    error InsufficientWork(bytes32 digest, uint256 target);
    /// @notice The bond has to pay 20M gas at the base fee or `floorPrice`, that of a rival 100M at the base fee or five times
    /// `floorPrice`, whichever is higher. Both in wei.
    error BondTooSmall(uint256 bond, uint256 least);
    /// @notice Beside a live block only its miner may publish one: this account.
    error NotMiner(address miner);
    /// @notice The bytes at `offset` of the steps, where step `index` should be, have no shape.
    error MalformedStep(uint256 index, uint256 offset);
    /// @notice A block has at most 500 steps.
    error TooManySteps(uint256 count);
    /// @notice Packed steps and states make at most 122,880 bytes.
    error TooManyBytes(uint256 length);
    /// @notice There has to be one state of 32 bytes for each step.
    error StatesMismatch(uint256 steps, uint256 length);
    /// @notice Steps of the queue come first, lane by lane.
    error QueueStepTooLate(uint256 index);
    /// @notice The block consumes more entries of a lane than there are, or more than 128.
    error QueueOverrun(Lane lane, uint256 count, uint256 limit);
    /// @notice The steps are not the entries of the lane.
    error QueueMismatch(Lane lane, uint256 count);
    /// @notice Entry `index` of the lane has waited for an hour: a block that could consume it has to.
    error QueueIgnored(Lane lane, uint256 index);
    /// @notice The requests of TTX ask for more than there is.
    error SupplyExceeded(uint256 supply, uint256 requested);

    /// @notice `block_` is not a live descendant of `parent` within 128 blocks, published within 22 hours of the first live child.
    error NotEligible(BlockKey parent, BlockKey block_);
    /// @notice The block in the slot is eligible, and not behind `block_`.
    error NotHeavier(BlockKey block_, BlockKey incumbent);
    /// @notice Only a child of the final block can become final.
    error NotChildOfFinal(BlockId id);
    /// @notice Not before `time`.
    error TooEarly(uint256 time);
    /// @notice The block in the slot is not eligible (or there is none): nominate another one.
    error NominationNeeded(BlockKey parent);
    /// @notice The branch that was nominated goes through another child.
    error NotOnNominatedBranch(BlockId id, BlockKey nominated);

    /// @notice Only a final block can be asked for this.
    error NotFinal(BlockId id);
    /// @notice A final block cannot be refuted.
    error AlreadyFinal(BlockId id);
    /// @notice This is not the sealed header of the block's parent.
    error NotParent(BlockId id, BlockId parent);
    /// @notice The transaction is not the one that the void step is about, or the step is not void.
    error NotForced(uint256 index);
    /// @notice The proof has something that is not needed to judge step `index`.
    error NotNeeded(uint256 index);
    /// @notice Replayed on this witness, the step is valid and leads to the state that the block states: no verdict.
    error StepIsRight(uint256 index);
    /// @notice The witness does not open the state, is cut short, or has a byte too many.
    /// @param position how many bytes of the witness had been read when that came out
    error BadWitness(uint256 position);
    /// @notice The chain does not recover the signer of a signature that is right: nothing can be said of any.
    error NoRecovery();
    /// @notice The block has only `stepCount` steps.
    error NoSuchStep(uint256 index, uint256 stepCount);
    /// @notice The proof has to have exactly `depth` siblings and to lead to the root in the header: that of the trace, or of the requests.
    error BadProof(uint256 index, uint256 depth);
    /// @notice The block has only the `count` requests from number `first` on.
    error NoSuchRequest(uint256 number, uint256 first, uint256 count);
    /// @notice The request was paid before.
    error AlreadyClaimed(uint256 number);

    /// @notice A deposit has to be at least `least`, and an entry of an asset 1.
    error BelowMinimum(uint256 amount, uint256 least);
    /// @notice Nobody could spend what is sent there.
    error BadRecipient(address to);
    /// @notice Transaction `index` is not a packed transaction.
    error MalformedTransaction(uint256 index);
    /// @notice An entry pays the surcharge of its lane, and at the base fee or `floorPrice` as well a forced transaction 5,000 gas and 64 a byte
    /// and one of an asset 10,000 gas, rounded up to gwei. Both in wei.
    error FeeTooSmall(uint256 value, uint256 least);

    /// @notice The block has no bond, or no more.
    error NoBond(BlockId id);
    /// @notice The race of this rival is still open.
    error RaceOpen(BlockId id);
    /// @notice This rival was published beside a live block that was not refuted since: its bond is burned, no matter who won.
    error BondForfeited(BlockId id);
    /// @notice Nothing is owed to the account.
    error NothingOwed(address account);
    /// @notice The account did not take the money.
    error TransferFailed(address account);

    // ------------------------------------------------------------------------------------------------ the life of a block

    /// @notice Publishes a block. The whole value is its bond: at least 20M gas at the base fee, or at `floorPrice` if that is
    /// higher; for a rival 100M gas at the base fee, or at five times `floorPrice` if that is higher. It goes to `miner` 48 hours
    /// later, so anyone who copies a publication from the mempool gives the bond away.
    /// @dev Gas: 150,000 + 9,500 for each plain step. The bond is kept in gwei; what is below a gwei is burned.
    /// @param parent sealed header of the parent
    /// @param steps packed steps one after another: first those of the queue, then transactions
    /// @param states the state after each step, 32 bytes each
    /// @return id the id of the block
    function publish(
        bytes calldata parent,
        Publication calldata publication,
        bytes calldata steps,
        bytes calldata states
    ) external payable returns (BlockId id);

    /// @notice Publishes a block whose rows are in the blobs of this transaction, all of them; else as `publish`.
    /// @dev Gas: 170,000 + 2,600 for each request and entry of the queue.
    /// @param head what the contract itself acts on
    function publishBlobs(bytes calldata parent, Publication calldata publication, BlobHead calldata head)
        external
        payable
        returns (BlockId id);

    /// @notice Proves a block wrong that is not final, by one of its steps: replayed here on the state before it, the step is
    /// invalid or leads to another state than the block states; or it calls a valid forced transaction void; or, in blobs, it is not where it
    /// should be, not what the queue has at its place, or not what the head says. The block is out,
    /// and so is whatever builds on it. No bond; half of the block's bond is owed to the caller (`withdraw`), the rest burned.
    /// Reverts if that proves nothing wrong: a witness that does not open the state does not prove anything.
    /// @dev Gas is bounded by the limits of a step, however deep or wide the branch is. The proof names nobody, so anyone who copies
    /// it from the mempool may get the reward: it is a bonus, and nothing depends on it.
    /// @param sealedHeader of the block
    /// @param parent sealed header of its parent, whatever became of that
    function refute(bytes calldata sealedHeader, bytes calldata parent, Refutation calldata proof) external;

    /// @notice Puts a block into the slot of `parent`, one of its ancestors, if the slot is empty, holds a block that is not
    /// eligible, or one with less cumulative work (ties: published earlier wins; in the same second the smaller key).
    function nominate(BlockKey parent, BlockKey block_) external;

    /// @notice Makes a child of the final block final: the only live one 24 hours after its publication; else, 48 hours after
    /// the first live one, that on the way to the block which has been in the final block's slot for an hour.
    /// Mints the fee of the block to its miner.
    function finalize(bytes calldata sealedChild) external;

    /// @notice Pays a request of TTX of a final block to its recipient. Anybody may call it.
    function claim(bytes calldata sealedHeader, Claim calldata request) external;

    /// @notice Pays several requests of TTX of one block. Those paid before are passed over, so nobody can spoil a batch.
    function claimMany(bytes calldata sealedHeader, Claim[] calldata requests) external;

    // ------------------------------------------------------------------------------------------------ from Ethereum to TTX

    /// @notice Burns `amount` wTTX of the caller, who has allowed it to the bridge, and credits 99% to `to` on the TTX side:
    /// a block published more than an hour later has to contain it. After many others it costs a surcharge, which is burned; what is sent
    /// above that comes back.
    function deposit(uint256 amount, address to) external payable;

    /// @notice The same with a permit (EIP-2612) of exactly `amount`, in one transaction. A permit that somebody else has used
    /// already does no harm.
    function depositWithPermit(uint256 amount, address to, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        payable;

    /// @notice Credits `amount` units, 1 to 2^128 - 1, of the asset (2, the caller) to `to` on the TTX side, all of them: a block published more
    /// than an hour later has to contain it. Anybody may call it, and what stands behind the units is the caller's business alone: the bridge
    /// asks nobody for anything. It pays its miner 10,000 gas at the base fee, or at `floorPrice` if that is higher, rounded up to gwei, and the
    /// surcharge of the lane, which is burned; what is sent above that comes back. Units that would lift an account above 2^128 - 1
    /// are not credited.
    function enter(uint256 amount, address to) external payable;

    /// @notice Forces packed TTX transactions into the next blocks. Each pays its miner 5,000 gas and 64 for each of its bytes at the base
    /// fee, or at `floorPrice` if that is higher, rounded up to gwei, and the surcharge of the lane, which is burned; what is sent above
    /// that comes back.
    function force(bytes[] calldata transactions) external payable;

    // ----------------------------------------------------------------------------------------------- money that lies here

    /// @notice Releases the bond of a block to its miner, 48 hours after its publication; a rival's only when its race is decided.
    function withdrawBond(bytes calldata sealedHeader) external;

    /// @notice Sends to `account` all the wei that it is owed. Anybody may call it.
    function withdraw(address account) external;

    // ------------------------------------------------------------------------------------------------------------- views

    /// @notice Proves that a leaf is that of a request of a final block, whatever it asks for: so the contract that entered an asset learns what
    /// to pay, and to whom. It has to keep by itself which numbers it has paid. Reverts with `NotFinal`, `NoSuchRequest` or `BadProof` else.
    /// @param number of the request along the branch, from 0
    /// @param leaf keccak(0x00 ‖ step(4) ‖ kind(1) ‖ asset(20) ‖ recipient(20) ‖ amount(16)), as docs/protocol.md, section 5.1, has it
    /// @param siblings exactly ceil(log2(requestCount)) hashes, from the leaf up
    /// @return miner of the block
    /// @return earns whether the block earned its miner anything: not if it displaced another
    function requestOf(bytes calldata sealedHeader, uint256 number, bytes32 leaf, bytes32[] calldata siblings)
        external
        view
        returns (address miner, bool earns);

    /// @notice Proves what `account` had of an asset on the TTX side after a final block.
    /// @param kind 0 of TTX, 2 of what a contract entered, 3 of what a transaction issued
    /// @param asset zero of TTX, the contract, the infohash of the issuance
    /// @param opening of the account's entry (docs/protocol.md, section 3.1), present or absent; reverts with `BadWitness` else
    /// @return balance base units of the asset; zero where the entry is absent
    function balanceAt(bytes calldata sealedHeader, address account, uint8 kind, bytes20 asset, bytes calldata opening)
        external
        view
        returns (uint256 balance);

    /// @notice The newest final block.
    function finalBlock() external view returns (BlockId);

    /// @notice Its height.
    function finalHeight() external view returns (uint256);

    /// @notice What is kept of a block; all zero if there is no such block.
    function blocks(BlockKey key) external view returns (BlockRecord memory);

    /// @notice The earliest unrefuted child of a block, or zero.
    function firstChild(BlockKey parent) external view returns (BlockKey);

    /// @notice Which block is in the slot of `parent`, and since when; zeros if none.
    function slotOf(BlockKey parent) external view returns (BlockKey block_, uint40 time);

    /// @notice Whether `block_` may be nominated for `parent`: a descendant within 128 blocks, no block on the way refuted,
    /// published within 22 hours of the first live child.
    function isEligible(BlockKey parent, BlockKey block_) external view returns (bool);

    /// @notice Whether request `number` of the final branch was paid.
    function isClaimed(uint256 number) external view returns (bool);

    /// @notice How many entries a lane ever got.
    function laneLength(Lane lane) external view returns (uint256);

    /// @notice Entry `index` of a lane, from 0; zeros if there is none.
    /// @return runningHash the lane's running hash with this entry as its last, the last five bytes zero
    /// @return time when it was made
    function laneEntry(Lane lane, uint256 index) external view returns (bytes32 runningHash, uint40 time);

    /// @notice What the next `entries` entries of a lane cost together on top, in wei, at this moment: nothing while few came before them
    /// (docs/protocol.md, section 6.1).
    function surcharge(Lane lane, uint256 entries) external view returns (uint256);

    /// @notice Wei that `account` can withdraw.
    function owed(address account) external view returns (uint256);

    /// @notice Blocks published up to this time and not final before are unpaid: they are, or build on, a block that displaced
    /// the first live one of its race, and could take part in that race: 22 hours after that first one. Zero if that never
    /// happened.
    function unpaidUntil() external view returns (uint256);

    /// @notice wTTX.
    function token() external view returns (IWrappedTTX);

    /// @notice Who says whether a proof shows that a block is wrong: deployed by the bridge, without rights.
    function judge() external view returns (IJudge);

    /// @notice Who reads publications and makes their headers: deployed by the bridge, without rights.
    function reader() external view returns (IReader);

    /// @notice EIP-155 id of the chain on which the bridge was deployed.
    function chain() external view returns (uint64);

    /// @notice Id of the genesis block, whose `publishedAt` is the time of deployment.
    function genesis() external view returns (BlockId);

    /// @notice The target of genesis and the easiest ever.
    function easiestTarget() external view returns (uint256);

    /// @notice Least amount of a request, in base units.
    function minRequest() external view returns (uint128);

    /// @notice Least amount of a deposit, in base units.
    function minDeposit() external view returns (uint128);

    /// @notice What bonds and entries of the queue cost for a unit of gas at least, in wei: they are counted at the base fee of the
    /// block that they come in, or at this if that is higher; the bond of a rival at five times this.
    function floorPrice() external view returns (uint256);
}
