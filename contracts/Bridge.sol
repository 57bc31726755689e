// SPDX-License-Identifier: MIT
// The bridge: where bridging blocks are published, race, become final and are paid out, and where money goes back to TTX.
// Long, since it is the one contract with storage: whatever changes that is here.
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Reader} from "./Reader.sol";
import {WrappedTTX} from "./WrappedTTX.sol";
import {IBridge} from "./interfaces/IBridge.sol";
import {IJudge} from "./interfaces/IJudge.sol";
import {IReader} from "./interfaces/IReader.sol";
import {IWrappedTTX} from "./interfaces/IWrappedTTX.sol";
import {Blob} from "./libraries/Blob.sol";
import {BlockHeader} from "./libraries/BlockHeader.sol";
import {Fee} from "./libraries/Fee.sol";
import {Packed} from "./libraries/Packed.sol";
import {LanePrice} from "./libraries/LanePrice.sol";
import {Queue} from "./libraries/Queue.sol";
import {Race} from "./libraries/Race.sol";
import {Requests} from "./libraries/Requests.sol";
import {Target} from "./libraries/Target.sol";
import {Trace} from "./libraries/Trace.sol";
import {TTX} from "./types/Asset.sol";
import {BlobHead} from "./types/BlobHead.sol";
import {BlockId, BlockKey} from "./types/BlockId.sol";
import {Draft} from "./types/Draft.sol";
import {Lane} from "./types/Lane.sol";
import {QueueSpot} from "./types/QueueSpot.sol";
import {Refutation} from "./types/Refutation.sol";
import {Rules} from "./types/Rules.sol";

/// @title The TorrentTX bridge
/// @notice What each function does, and for whom, is said in `IBridge`.
/// @dev Nobody has a say here but the rules: no owner, no pause, no upgrade, no parameter that could change. Only the token,
/// the judge and the reader are called (they call nobody), and coins leave as the last act of a call, so nothing can be re-entered.
contract Bridge is IBridge {
    using BlockHeader for bytes;
    using Queue for Queue.Lanes;
    using SafeCast for uint256;

    /// @dev What the claims of one call have in common.
    struct Payout {
        BlockId id;
        bytes32 root;
        uint256 first;
        uint256 count;
        uint256 depth;
    }

    /// @dev Base units of TTX that genesis creates.
    uint256 private constant SUPPLY = 1e27;
    /// @dev A bond pays for this much gas: more than the dearest refutation.
    uint256 private constant BOND_GAS = 20_000_000;
    /// @dev A rival makes everybody wait, and pays for this many bonds.
    uint256 private constant RIVAL_BONDS = 5;
    /// @dev Counted at this many floor prices at least: where gas is cheap, the fees that a rival can destroy are not.
    uint256 private constant RIVAL_FLOORS = 5;
    uint256 private constant BOND_SECONDS = 48 hours;
    /// @dev Ethereum keeps blobs for 18 days.
    uint256 private constant PARENT_SECONDS = 14 days;
    /// @dev With more, the bond of a rival would not fit into its record.
    uint256 private constant MOST_FLOOR_PRICE = 500_000 gwei;
    /// @dev What a forced transaction pays for being consumed, and for each of its bytes.
    uint256 private constant FORCE_GAS = 5_000;
    uint256 private constant FORCE_BYTE_GAS = 64;
    /// @dev What an entry of an asset pays for that.
    uint256 private constant ENTER_GAS = 10_000;
    /// @inheritdoc IBridge
    IWrappedTTX public immutable token;
    /// @inheritdoc IBridge
    IJudge public immutable judge;
    /// @inheritdoc IBridge
    IReader public immutable reader;
    /// @inheritdoc IBridge
    uint64 public immutable chain;
    /// @inheritdoc IBridge
    BlockId public immutable genesis;
    /// @inheritdoc IBridge
    uint256 public immutable easiestTarget;
    /// @inheritdoc IBridge
    uint128 public immutable minRequest;
    /// @inheritdoc IBridge
    uint128 public immutable minDeposit;
    /// @inheritdoc IBridge
    uint256 public immutable floorPrice;

    /// @inheritdoc IBridge
    BlockId public finalBlock;
    uint64 private _finalHeight;
    uint40 private _unpaidUntil;
    mapping(BlockKey => BlockRecord) private _blocks;
    mapping(BlockKey parent => Nomination) private _slots;
    /// @dev One bit for each request of the final branch, by its number, 256 to a word.
    mapping(uint256 word => uint256 bits) private _claimed;
    Queue.Lanes private _lanes;
    /// @inheritdoc IBridge
    mapping(address account => uint256) public owed;

    /// @param state root of the state that holds genesis' output and account, and nothing else
    /// @param floorPrice_ wei for a unit of gas, at most 500,000 gwei
    /// @param judge_ keeps nothing and belongs to nobody, so that one serves all bridges of its version
    constructor(
        bytes32 state,
        uint256 easiestTarget_,
        uint128 minRequest_,
        uint128 minDeposit_,
        uint256 floorPrice_,
        IJudge judge_
    ) {
        if (easiestTarget_ < Target.HARDEST || easiestTarget_ >= Target.EASIEST_BOUND) {
            revert BadEasiestTarget(easiestTarget_);
        }
        if (
            state == 0 || minRequest_ == 0 || minDeposit_ == 0 || floorPrice_ > MOST_FLOOR_PRICE
                || block.chainid > type(uint64).max
        ) revert BadParameters();
        token = new WrappedTTX();
        judge = judge_;
        reader = new Reader();
        chain = uint64(block.chainid);
        easiestTarget = easiestTarget_;
        minRequest = minRequest_;
        minDeposit = minDeposit_;
        floorPrice = floorPrice_;

        BlockHeader.Fields memory fields;
        fields.chain = uint64(block.chainid);
        fields.bridge = address(this);
        fields.target = easiestTarget_;
        fields.state = state;
        fields.supply = uint96(SUPPLY);
        BlockId id = BlockHeader.idIn(BlockHeader.seal(fields, address(0), 0));
        genesis = id;
        finalBlock = id;
        BlockRecord storage record = _blocks[id.keyOf()];
        record.publishedAt = uint40(block.timestamp);
        record.flags = Race.FINAL;
        record.tag = id.tagOf();
    }

    // ------------------------------------------------------------------------------------------------ the life of a block

    /// @inheritdoc IBridge
    function publish(
        bytes calldata parent,
        Publication calldata publication,
        bytes calldata steps,
        bytes calldata states
    ) external payable returns (BlockId id) {
        Draft memory draft = _draftOn(parent, publication);
        bytes memory header = reader.seal(draft, parent, steps, states);
        id = _accept(parent, draft.parent, header, publication);
        emit BlockPublished(
            id, draft.parent, publication.miner, publication.torrent, uint40(block.timestamp), header, steps, states
        );
    }

    /// @inheritdoc IBridge
    function publishBlobs(bytes calldata parent, Publication calldata publication, BlobHead calldata head)
        external
        payable
        returns (BlockId id)
    {
        Draft memory draft = _draftOn(parent, publication);
        bytes32[] memory hashes = _blobHashes();
        bytes memory header = reader.sealBlobs(draft, parent, head, hashes);
        id = _accept(parent, draft.parent, header, publication);
        emit BlobsPublished(
            id,
            draft.parent,
            publication.miner,
            publication.torrent,
            uint40(block.timestamp),
            header,
            hashes,
            head.entries,
            head.requests
        );
    }

    /// @inheritdoc IBridge
    function refute(bytes calldata sealedHeader, bytes calldata parent, Refutation calldata proof) external {
        BlockId id = sealedHeader.idOf();
        _checkParent(id, parent.idOf());
        QueueSpot memory spot = _spotOf(sealedHeader, parent, proof);
        Rules memory rules = Rules(chain, address(this), address(token), minRequest);
        // No `try`: where the judge cannot answer, for lack of gas too, there is no verdict.
        if (!judge.isWrong(rules, sealedHeader, parent, spot, proof)) revert StepIsRight(proof.index);
        _refute(id, msg.sender);
    }

    /// @inheritdoc IBridge
    function nominate(BlockKey parent, BlockKey block_) external {
        if (!isEligible(parent, block_)) revert NotEligible(parent, block_);
        Nomination storage slot = _slots[parent];
        BlockKey incumbent = slot.block_;
        if (incumbent.exists() && !Race.isAhead(_blocks, block_, incumbent) && isEligible(parent, incumbent)) {
            revert NotHeavier(block_, incumbent);
        }
        slot.block_ = block_;
        slot.time = uint40(block.timestamp);
        emit Nominated(parent, block_);
    }

    /// @inheritdoc IBridge
    function finalize(bytes calldata sealedChild) external {
        BlockId id = sealedChild.idOf();
        BlockKey key = id.keyOf();
        BlockRecord storage record = _blocks[key];
        BlockKey parent = finalBlock.keyOf();
        if (record.tag != id.tagOf() || record.parent != parent) revert NotChildOfFinal(id);
        uint256 flags = record.flags;
        if (flags & Race.REFUTED != 0) revert BlockIsRefuted(id);
        BlockKey first = _blocks[parent].firstChild;
        _checkTime(_finalAt(id, parent, first));

        if (first != key) {
            // It displaced the first: for justice, never for profit. Nor do those earn that may have helped it to win.
            _unpaidUntil = uint40(_blocks[first].publishedAt + Race.BRANCH_SECONDS);
        }
        bool paid = record.publishedAt > _unpaidUntil;
        record.flags = uint8(flags | Race.FINAL | (paid ? 0 : Race.UNPAID));
        finalBlock = id;
        _finalHeight = sealedChild.heightOf();
        address miner = sealedChild.minerOf();
        uint256 fee = paid ? sealedChild.feeOf() : 0;
        uint256 queueFees = paid ? sealedChild.queueFeesOf() : 0;
        if (queueFees != 0) _owe(miner, queueFees * 1 gwei);
        emit BlockFinalized(id, miner, fee);
        if (fee != 0) token.mint(miner, fee);
    }

    /// @inheritdoc IBridge
    function claim(bytes calldata sealedHeader, Claim calldata request) external {
        Payout memory payout = _payoutOf(sealedHeader);
        if (!_pay(payout, request)) revert AlreadyClaimed(request.number);
    }

    /// @inheritdoc IBridge
    function claimMany(bytes calldata sealedHeader, Claim[] calldata requests) external {
        Payout memory payout = _payoutOf(sealedHeader);
        for (uint256 i = 0; i < requests.length; ++i) {
            _pay(payout, requests[i]);
        }
    }

    // ------------------------------------------------------------------------------------------------ from Ethereum to TTX

    /// @inheritdoc IBridge
    function deposit(uint256 amount, address to) public payable {
        _checkEntry(amount, minDeposit, to);
        // Safe: all wTTX there ever was is below 2^90, so what cannot be burned is not cut off here either.
        (uint256 index, uint256 surchargeGas) =
            _lanes.append(Lane.Deposits, Queue.depositHash(amount.toUint128(), to));
        emit Deposited(index, msg.sender, to, amount, uint40(block.timestamp));
        token.burn(msg.sender, amount);
        _settle(surchargeGas * floorPrice);
    }

    /// @inheritdoc IBridge
    function depositWithPermit(uint256 amount, address to, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        payable
    {
        // Anyone who sees the permit in the mempool may use it first. Then the allowance is there, and only that is asked for.
        try token.permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        deposit(amount, to);
    }

    /// @inheritdoc IBridge
    function enter(uint256 amount, address to) external payable {
        _checkEntry(amount, 1, to);
        uint64 fee = _feeOf(ENTER_GAS);
        (uint256 index, uint256 surchargeGas) =
            _lanes.append(Lane.Assets, Queue.assetHash(fee, amount.toUint128(), to, msg.sender));
        emit Entered(index, msg.sender, to, amount, fee, uint40(block.timestamp));
        _settle(uint256(fee) * 1 gwei + surchargeGas * floorPrice);
    }

    /// @inheritdoc IBridge
    function force(bytes[] calldata transactions) external payable {
        uint256 due;
        for (uint256 i = 0; i < transactions.length; ++i) {
            bytes calldata transaction = transactions[i];
            uint256 size = Packed.sizeAt(transaction, 0);
            if (size == 0 || size != transaction.length) revert MalformedTransaction(i);
            uint64 fee = _feeOf(FORCE_GAS + FORCE_BYTE_GAS * size);
            (uint256 index, uint256 surchargeGas) = _lanes.append(Lane.Forced, Queue.forcedHash(fee, transaction));
            due += uint256(fee) * 1 gwei + surchargeGas * floorPrice;
            emit Forced(index, msg.sender, fee, transaction, uint40(block.timestamp));
        }
        _settle(due);
    }

    // ----------------------------------------------------------------------------------------------- money that lies here

    /// @inheritdoc IBridge
    function withdrawBond(bytes calldata sealedHeader) external {
        BlockId id = sealedHeader.idOf();
        BlockRecord storage record = _recordOf(id);
        uint64 bond = record.bond;
        if (bond == 0) revert NoBond(id);
        _checkTime(record.publishedAt + BOND_SECONDS);
        if (record.flags & Race.RIVAL != 0) {
            // Its parent is final or dead once another block of that height is; and only a final parent's race is decided.
            BlockRecord storage parent = _blocks[record.parent];
            bool decides = parent.flags & Race.FINAL != 0;
            uint256 height = sealedHeader.heightOf();
            if ((decides ? height : height - 1) > _finalHeight) revert RaceOpen(id);
            // Win or lose, it was beside a block that nobody has proved wrong.
            if (decides && parent.firstChild != id.keyOf()) revert BondForfeited(id);
        }
        record.bond = 0;
        address miner = sealedHeader.minerOf();
        _owe(miner, uint256(bond) * 1 gwei);
        emit BondReleased(id, miner, bond);
    }

    /// @inheritdoc IBridge
    function withdraw(address account) external {
        uint256 amount = owed[account];
        if (amount == 0) revert NothingOwed(account);
        owed[account] = 0;
        emit Withdrawn(account, amount);
        _send(account, amount);
    }

    // ------------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IBridge
    function requestOf(bytes calldata sealedHeader, uint256 number, bytes32 leaf, bytes32[] calldata siblings)
        external
        view
        returns (address miner, bool earns)
    {
        Payout memory payout = _payoutOf(sealedHeader);
        Trace.check(payout.root, payout.depth, _indexOf(payout, number), leaf, siblings);
        return (sealedHeader.minerOf(), _blocks[payout.id.keyOf()].flags & Race.UNPAID == 0);
    }

    /// @inheritdoc IBridge
    function balanceAt(bytes calldata sealedHeader, address account, uint8 kind, bytes20 asset, bytes calldata opening)
        external
        view
        returns (uint256 balance)
    {
        _checkFinal(sealedHeader.idOf());
        return reader.balanceIn(sealedHeader.stateOf(), account, kind, asset, opening);
    }

    /// @inheritdoc IBridge
    function finalHeight() external view returns (uint256) {
        return _finalHeight;
    }

    /// @inheritdoc IBridge
    function blocks(BlockKey key) external view returns (BlockRecord memory) {
        return _blocks[key];
    }

    /// @inheritdoc IBridge
    function firstChild(BlockKey parent) external view returns (BlockKey) {
        return _blocks[parent].firstChild;
    }

    /// @inheritdoc IBridge
    function slotOf(BlockKey parent) external view returns (BlockKey block_, uint40 time) {
        Nomination storage slot = _slots[parent];
        return (slot.block_, slot.time);
    }

    /// @inheritdoc IBridge
    function isEligible(BlockKey parent, BlockKey block_) public view returns (bool) {
        return Race.branchOf(_blocks, parent, block_).exists();
    }

    /// @inheritdoc IBridge
    function isClaimed(uint256 number) external view returns (bool) {
        return _claimed[number / 256] >> (number % 256) & 1 != 0;
    }

    /// @inheritdoc IBridge
    function laneLength(Lane lane) external view returns (uint256) {
        return Queue.lengthOf(_lanes.heads, lane);
    }

    /// @inheritdoc IBridge
    function laneEntry(Lane lane, uint256 index) external view returns (bytes32 runningHash, uint40 time) {
        uint256 word = _lanes.words[lane][index + 1];
        return (Queue.hashOf(word), Queue.timeOf(word));
    }

    /// @inheritdoc IBridge
    function surcharge(Lane lane, uint256 entries) external view returns (uint256 sum) {
        uint256 level = Queue.levelOf(_lanes.heads, lane);
        for (uint256 i = 0; i < entries; ++i) {
            sum += LanePrice.surchargeGas(level + i * LanePrice.ENTRY_SECONDS);
        }
        return sum * floorPrice;
    }

    /// @inheritdoc IBridge
    function unpaidUntil() external view returns (uint256) {
        return _unpaidUntil;
    }

    // ---------------------------------------------------------------------------------------------------------- internal

    /// @dev Marks a block as refuted. Its descendants die by their way through it. Apart from `refute`, only the tests' harness
    /// calls it.
    /// @param prover gets half of the bond; the other half is burned, so that refuting oneself never pays
    function _refute(BlockId id, address prover) internal {
        BlockRecord storage record = _checkRefutable(id);
        uint64 reward = record.bond / 2;
        record.flags |= Race.REFUTED;
        record.bond = 0;
        Race.remove(_blocks, id.keyOf());
        _owe(prover, uint256(reward) * 1 gwei);
        emit BlockRefuted(id, prover, reward);
    }

    /// @dev The only place where more becomes owed, so that the events say all of it.
    function _owe(address account, uint256 amount) private {
        owed[account] += amount;
        emit Owed(account, amount);
    }

    /// @dev Takes what an entry costs, and gives back the rest. The last act of a call, since the caller may be a contract.
    function _settle(uint256 due) private {
        if (msg.value < due) revert FeeTooSmall(msg.value, due);
        if (msg.value > due) _send(msg.sender, msg.value - due);
    }

    function _send(address to, uint256 amount) private {
        (bool done,) = to.call{value: amount}("");
        if (!done) revert TransferFailed(to);
    }

    /// @dev What bonds and entries of the queue cost for a unit of gas, in wei. No view: nodes run an `eth_call` at a base fee of zero.
    function _gasPrice() private view returns (uint256) {
        return Math.max(block.basefee, floorPrice);
    }

    /// @dev What as much gas costs, in gwei.
    function _feeOf(uint256 gas_) private view returns (uint64) {
        return Math.ceilDiv(gas_ * _gasPrice(), 1 gwei).toUint64();
    }

    /// @dev Reverts unless it is enough for an entry of the queue, and for somebody who can spend it.
    function _checkEntry(uint256 amount, uint256 least, address to) private view {
        if (amount < least) revert BelowMinimum(amount, least);
        if (to == address(0) || to == address(this) || to == address(token)) revert BadRecipient(to);
    }

    /// @dev Whether a block's digest shows the work that its target asks for.
    function _isSolved(BlockId id, uint256 target) internal pure virtual returns (bool) {
        return uint256(BlockId.unwrap(id)) <= target;
    }

    /// @dev Of the blobs of this transaction. Only the tests' harness has others, for chains that carry none.
    function _blobHashes() internal view virtual returns (bytes32[] memory) {
        return Blob.ofTransaction();
    }

    /// @dev Reverts unless a block may be built on `parent` now. What the reader has to know of it.
    function _draftOn(bytes calldata parent, Publication calldata publication)
        private
        view
        returns (Draft memory draft)
    {
        if (publication.miner == address(0)) revert ZeroMiner();
        BlockId id = parent.idOf();
        BlockRecord storage record = _recordOf(id);
        uint256 publishedAt = record.publishedAt;
        uint256 flags = record.flags;
        if (flags & Race.REFUTED != 0) revert BlockIsRefuted(id);

        uint64 height = parent.heightOf();
        uint256 lastFinal = _finalHeight;
        if (height < lastFinal || (height == lastFinal && flags & Race.FINAL == 0)) revert StaleParent(id);
        // Else a bridge that stood still could go on from what nobody can look at any more.
        if (flags & Race.FINAL == 0 && block.timestamp > publishedAt + PARENT_SECONDS) revert OldParent(id);
        if (height >= lastFinal + Race.MAX_DEPTH) revert TooFarAhead(height, lastFinal);
        uint256 elapsed = block.timestamp - publishedAt;
        return Draft(id, elapsed, easiestTarget, publication.target, publication.miner, publication.nonce);
    }

    /// @dev Takes a block into the record. Its id and what it does to the lanes are read from the sealed header, the one that the event says.
    function _accept(
        bytes calldata parent,
        BlockId parentId,
        bytes memory header,
        Publication calldata publication
    ) private returns (BlockId id) {
        _lanes.check(parent, header);
        id = BlockHeader.idIn(header);
        if (!_isSolved(id, publication.target)) revert InsufficientWork(BlockId.unwrap(id), publication.target);
        _record(id, parentId.keyOf(), publication);
    }

    /// @dev The entry of the queue that the step of a proof consumes, where the judge asks for that: in calldata it was compared already.
    function _spotOf(bytes calldata sealedHeader, bytes calldata parent, Refutation calldata proof)
        private
        view
        returns (QueueSpot memory spot)
    {
        if (proof.hashes.length == 0) return spot;
        (bool consumes, Lane lane, uint256 number) = BlockHeader.placeOf(sealedHeader, parent, proof.index);
        if (consumes) return _lanes.spotOf(lane, number);
    }

    /// @dev What is kept of a published block; reverts if there is none of all the 24 bytes of the id that are kept.
    function _recordOf(BlockId id) private view returns (BlockRecord storage record) {
        record = _blocks[id.keyOf()];
        (uint40 publishedAt, bytes8 tag) = (record.publishedAt, record.tag);
        if (publishedAt == 0 || tag != id.tagOf()) revert UnknownBlock(id);
    }

    /// @dev Its record. Reverts unless the block was published, and is neither final nor refuted.
    function _checkRefutable(BlockId id) private view returns (BlockRecord storage record) {
        record = _recordOf(id);
        uint8 flags = record.flags;
        if (flags & Race.FINAL != 0) revert AlreadyFinal(id);
        if (flags & Race.REFUTED != 0) revert BlockIsRefuted(id);
    }

    /// @dev Reverts unless the block may be refuted, and `parent` is its parent.
    function _checkParent(BlockId id, BlockId parent) private view {
        BlockKey key = parent.keyOf();
        if (_checkRefutable(id).parent != key || _blocks[key].tag != parent.tagOf()) revert NotParent(id, parent);
    }

    /// @dev Takes the bond and writes down a block that has passed all other checks.
    function _record(BlockId id, BlockKey parentKey, Publication calldata publication) private {
        BlockKey key = id.keyOf();
        BlockRecord storage record = _blocks[key];
        BlockRecord storage parent = _blocks[parentKey];
        if (record.publishedAt != 0) revert AlreadyPublished(id);
        uint256 bond = BOND_GAS * _gasPrice();
        uint256 work = Target.workOf(publication.target);
        uint256 parentWork = parent.work;
        BlockKey first = parent.firstChild;
        uint8 flags;
        if (first.exists()) {
            if (block.timestamp >= _blocks[first].publishedAt + Race.SIBLING_SECONDS) revert RaceClosed(first);
            BlockKey last = Race.lastChildOf(_blocks, parentKey);
            if (publication.beside != last) revert SiblingExists(last);
            // Else anyone could publish what its miner did not mean to be beside another block.
            if (msg.sender != publication.miner) revert NotMiner(publication.miner);
            // By time the first of equals wins, by key it may be any of them.
            if (block.timestamp == _blocks[last].publishedAt) revert SameSecond(last);
            // With more, one block alone would displace another one.
            uint256 expected = _blocks[first].work - parentWork;
            if (work != expected) revert RivalWorkDiffers(work, expected);
            flags = Race.RIVAL;
            bond = RIVAL_BONDS * BOND_GAS * Math.max(block.basefee, RIVAL_FLOORS * floorPrice);
        }
        if (msg.value < bond) revert BondTooSmall(msg.value, bond);
        uint96 sum = (parentWork + work).toUint96();
        uint48 kept = (msg.value / 1 gwei).toUint48();
        // One after the other, so that they are written as one word.
        record.publishedAt = uint40(block.timestamp);
        record.work = sum;
        record.flags = flags;
        record.bond = kept;
        record.tag = id.tagOf();
        record.parent = parentKey;
        Race.append(_blocks, parentKey, key);
    }

    /// @dev From when on a live child of the final block may become final.
    function _finalAt(BlockId id, BlockKey parent, BlockKey first) private view returns (uint256) {
        BlockKey key = id.keyOf();
        if (first == key && !_blocks[key].nextSibling.exists()) {
            return _blocks[key].publishedAt + Race.ALONE_SECONDS;
        }
        Nomination storage slot = _slots[parent];
        BlockKey branch = Race.branchOf(_blocks, parent, slot.block_);
        if (!branch.exists()) revert NominationNeeded(parent);
        if (branch != key) revert NotOnNominatedBranch(id, slot.block_);
        uint256 settled = slot.time + Race.NOMINATION_SECONDS;
        uint256 decided = _blocks[first].publishedAt + Race.RACE_SECONDS;
        return settled > decided ? settled : decided;
    }

    /// @dev Reverts unless the block is final.
    function _payoutOf(bytes calldata sealedHeader) private view returns (Payout memory payout) {
        payout.id = sealedHeader.idOf();
        _checkFinal(payout.id);
        payout.root = sealedHeader.requestsRootOf();
        payout.first = sealedHeader.firstRequestOf();
        payout.count = sealedHeader.requestCountOf();
        payout.depth = Trace.depthOf(payout.count);
    }

    /// @dev The place among the block's requests of the one that has this number along the branch.
    function _indexOf(Payout memory payout, uint256 number) private pure returns (uint256 index) {
        // Safe: what is below the first wraps around, and is as little a number of this block.
        unchecked {
            index = number - payout.first;
        }
        if (index >= payout.count) revert NoSuchRequest(number, payout.first, payout.count);
    }

    /// @dev Mints what a request of TTX asks for, unless that was done before.
    /// @return done whether it was still to be paid
    function _pay(Payout memory payout, Claim calldata request) private returns (bool done) {
        uint256 number = request.number;
        uint256 index = _indexOf(payout, number);
        uint256 word = _claimed[number / 256];
        uint256 bit = 1 << (number % 256);
        if (word & bit != 0) return false;
        address to = request.to;
        bytes32 leaf = Requests.leafOf(request.step, TTX, to, request.amount);
        Trace.check(payout.root, payout.depth, index, leaf, request.siblings);
        _claimed[number / 256] = word | bit;
        // The fee that the miner of an unpaid block does not get is nobody's.
        uint256 amount = Fee.netOf(request.amount);
        emit Claimed(payout.id, number, to, amount);
        token.mint(to, amount);
        return true;
    }

    /// @dev Reverts unless the block is final.
    function _checkFinal(BlockId id) private view {
        BlockRecord storage record = _blocks[id.keyOf()];
        if (record.flags & Race.FINAL == 0 || record.tag != id.tagOf()) revert NotFinal(id);
    }

    function _checkTime(uint256 time) private view {
        if (block.timestamp < time) revert TooEarly(time);
    }
}
