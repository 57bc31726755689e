// SPDX-License-Identifier: MIT
// The step function: what a step makes of a state, or why it is invalid, as the contract replays it from a witness.
pragma solidity 0.8.37;

import {Fee} from "./Fee.sol";
import {Infohash} from "./Infohash.sol";
import {Packed} from "./Packed.sol";
import {Step} from "./Step.sol";
import {Take} from "./Take.sol";
import {TransactionFile} from "./TransactionFile.sol";
import {Cursor, Tree} from "./Tree.sol";
import {TypedData} from "./TypedData.sol";
import {Asset, ENTERED, ISSUED, TTX, assetOf} from "../types/Asset.sol";
import {Flow} from "../types/Flow.sol";
import {Reason} from "../types/Reason.sol";
import {Rules} from "../types/Rules.sol";
import {Swap} from "../types/Swap.sol";

/// @title One state and one step give the next state
/// @notice Total: whatever bytes a block calls a step, and whatever entries the tree of `pre` has, there is a reason or a state. It
/// only reverts for a witness that does not open `pre` (`IBridge.BadWitness`).
/// @dev Nothing here relies on an account holding the sum of its outputs, or on all money fitting 128 bits: a parent's state may be a
/// lie, and a step without an answer could not be refuted, whatever its block states after it.
/// @dev Rules and their order: docs/protocol.md, section 4. Work is bounded: 8 inputs, 16 openings of at most 160 levels.
library Apply {
    /// @dev Bit c is set if a memo may contain character c: 0x20 to 0x7e without `"` and `\`.
    uint256 private constant MEMO_CHARACTERS = ((1 << 0x7f) - (1 << 0x20)) & ~uint256((1 << 0x22) | (1 << 0x5c));
    /// @dev The most that an entry can hold.
    uint256 private constant MAX_VALUE = type(uint128).max;

    /// @notice Applies a packed step.
    /// @param pre root of the state before
    /// @param queueIndex number of a deposit or an entry of an asset in its lane
    /// @param witness the openings that the step needs, section 3.1
    /// @return reason why the step is invalid, or None
    /// @return post root of the state after; `pre` unless `reason` is None
    /// @return growth entries that the state has more, modulo 2^256; means nothing unless `reason` is None
    function applyStep(Rules memory rules, bytes32 pre, uint256 queueIndex, bytes calldata step, bytes calldata witness)
        internal
        pure
        returns (Reason reason, bytes32 post, uint256 growth)
    {
        Cursor memory cursor = Tree.start(pre, witness);
        if (step.length == 0 || Step.sizeAt(step, 0) != step.length) {
            reason = Reason.Malformed;
        } else {
            uint256 kind = Step.kindAt(step, 0);
            uint256 effect = Step.EFFECT.ofKind(kind);
            if (effect == Step.CREDIT) {
                _deposit(rules, cursor, queueIndex, step);
            } else if (effect == Step.CREDIT_ASSET) {
                _enter(rules, cursor, queueIndex, step);
            } else if (effect == Step.APPLY) {
                reason = _transaction(rules, cursor, step[Step.HEAD.ofKind(kind):]);
            }
        }
        return _finish(cursor, reason, pre);
    }

    /// @notice Applies a packed transaction, or says why it is invalid, as `applyStep` does with one that a step carries.
    /// @param packed any bytes
    function applyTransaction(Rules memory rules, bytes32 pre, bytes calldata packed, bytes calldata witness)
        internal
        pure
        returns (Reason reason, bytes32 post, uint256 growth)
    {
        Cursor memory cursor = Tree.start(pre, witness);
        if (packed.length == 0 || Packed.sizeAt(packed, 0) != packed.length) reason = Reason.Malformed;
        else reason = _transaction(rules, cursor, packed);
        return _finish(cursor, reason, pre);
    }

    /// @dev The whole witness must have been used, also where the step is invalid.
    function _finish(Cursor memory cursor, Reason reason, bytes32 pre) private pure returns (Reason, bytes32, uint256) {
        bytes32 root = Tree.finish(cursor);
        return (reason, reason == Reason.None ? root : pre, cursor.growth);
    }

    function _deposit(Rules memory rules, Cursor memory cursor, uint256 queueIndex, bytes calldata step) private pure {
        uint256 credit = Fee.netOf(Step.depositGrossAt(step, 0));
        _consume(rules, cursor, queueIndex, TTX, Step.depositToAt(step, 0), credit);
    }

    function _enter(Rules memory rules, Cursor memory cursor, uint256 queueIndex, bytes calldata step) private pure {
        Asset asset = assetOf(ENTERED, bytes20(Step.entryAssetAt(step, 0)));
        _consume(rules, cursor, queueIndex, asset, Step.entryToAt(step, 0), Step.entryAmountAt(step, 0));
    }

    /// @dev Never invalid, since every block must consume it: what does not fit changes nothing.
    function _consume(
        Rules memory rules,
        Cursor memory cursor,
        uint256 queueIndex,
        Asset asset,
        address to,
        uint256 credit
    ) private pure {
        // The bridge queues nothing of nothing; if it did, it would change nothing.
        if (credit == 0) return;
        bytes20 infohash = Infohash.ofFile(TransactionFile.writeDeposit(rules, queueIndex, asset, to, credit));
        bytes32 pre = cursor.root;
        uint256 growth = cursor.growth;
        bool fits = _credit(cursor, Tree.outputKey(infohash, to, asset), credit) == Reason.None
            && _credit(cursor, Tree.accountKey(to, asset), credit) == Reason.None;
        if (!fits) (cursor.root, cursor.growth) = (pre, growth);
    }

    /// @dev `packed` has a shape.
    function _transaction(Rules memory rules, Cursor memory cursor, bytes calldata packed)
        private
        pure
        returns (Reason reason)
    {
        if (Packed.isTake(packed)) return _swap(cursor, packed);
        reason = _checkFields(rules, packed);
        if (reason != Reason.None) return reason;
        address sender = TypedData.sender(rules, packed);
        if (sender == address(0)) return _badSignature();
        bytes20 infohash = Infohash.ofFile(TransactionFile.write(rules, sender, packed));
        Flow[] memory flows = new Flow[](1);
        flows[0] = _flowOf(infohash, sender, packed);
        return _move(cursor, infohash, flows);
    }

    /// @dev A take, items 1 to 3.
    function _swap(Cursor memory cursor, bytes calldata packed) private pure returns (Reason) {
        Swap memory swap = Take.read(packed);
        (Flow memory give, Flow memory want) = (swap.give, swap.want);
        bytes calldata memo = Take.memo(packed, swap);
        if (give.paid == 0 || want.paid == 0) return Reason.ZeroTokens;
        if (!_isMemo(memo)) return Reason.BadMemo;
        if (!_isAscending(give.prevs, give.count) || !_isAscending(want.prevs, want.count)) return Reason.BadPrev;
        if (!_isKind(give.asset, swap.givesAsset) || !_isKind(want.asset, swap.wantsAsset)) return Reason.BadAsset;
        // Else one output would be payment and change at once.
        if (Asset.unwrap(give.asset) == Asset.unwrap(want.asset)) return Reason.BadOffer;
        address maker = TypedData.signer(TypedData.offerDigest(swap), swap.offer);
        if (maker == address(0)) return _badSignature();
        (give.from, want.to) = (maker, maker);
        address taker = TypedData.signer(TypedData.takeDigest(swap, memo), swap.take);
        if (taker == address(0)) return _badSignature();
        if (taker == maker || (swap.isNamed && taker != swap.taker)) return Reason.BadOffer;
        (want.from, give.to) = (taker, taker);
        Flow[] memory flows = new Flow[](2);
        (flows[0], flows[1]) = (give, want);
        return _move(cursor, Infohash.ofFile(TransactionFile.writeTake(swap, memo)), flows);
    }

    /// @dev Only where signatures are recovered at all.
    function _badSignature() private pure returns (Reason) {
        TypedData.checkRecovery();
        return Reason.BadSignature;
    }

    /// @dev Section 4, transaction, item 1.
    function _checkFields(Rules memory rules, bytes calldata packed) private pure returns (Reason) {
        uint256 tokens = Packed.tokens(packed);
        if (tokens == 0) return Reason.ZeroTokens;
        if (!_isMemo(Packed.memo(packed))) return Reason.BadMemo;
        if (!_isAscending(Packed.prevs(packed), Packed.prevCount(packed))) return Reason.BadPrev;

        bool request = Packed.isRequest(packed);
        Asset asset = Packed.asset(packed);
        uint256 kind = asset.kindOf();
        if (!_isKind(asset, Packed.hasAsset(packed)) || (request && kind == ISSUED)) return Reason.BadAsset;

        address payee = Packed.payee(packed);
        if (payee == address(0) || payee == rules.bridge) return Reason.BadPayee;
        if (request && (payee == rules.token || bytes20(payee) == asset.idOf())) return Reason.BadPayee;
        return request && kind != ENTERED && tokens < rules.minRequest ? Reason.BelowMinimum : Reason.None;
    }

    function _isMemo(bytes calldata memo) private pure returns (bool) {
        for (uint256 i = 0; i < memo.length; i++) {
            if ((MEMO_CHARACTERS >> uint8(memo[i])) & 1 == 0) return false;
        }
        return true;
    }

    function _isAscending(uint256 prevs, uint256 count) private pure returns (bool) {
        for (uint256 i = 1; i < count; i++) {
            if (Packed.prevAt(prevs, i) <= Packed.prevAt(prevs, i - 1)) return false;
        }
        return true;
    }

    /// @dev Whether an asset that is said is of a kind that there is.
    function _isKind(Asset asset, bool isSaid) private pure returns (bool) {
        uint256 kind = asset.kindOf();
        return !isSaid || kind == ENTERED || kind == ISSUED;
    }

    /// @dev What a transfer, a request or an issuance moves.
    function _flowOf(bytes20 infohash, address sender, bytes calldata packed) private pure returns (Flow memory flow) {
        uint256 tokens = Packed.tokens(packed);
        flow.from = sender;
        flow.prevs = Packed.prevs(packed);
        flow.count = Packed.prevCount(packed);
        flow.to = Packed.payee(packed);
        if (Packed.isIssuance(packed)) {
            // The sender gets all inputs back.
            flow.paid = tokens;
            flow.paidAsset = assetOf(ISSUED, infohash);
            return flow;
        }
        flow.asset = Packed.asset(packed);
        flow.least = tokens;
        if (Packed.isRequest(packed)) {
            flow.spent = tokens;
        } else if (flow.to != sender) {
            (flow.spent, flow.paid, flow.paidAsset) = (tokens, tokens, flow.asset);
        }
    }

    /// @dev Items 4 to 7: deletes the inputs, creates the outputs, moves the balances.
    function _move(Cursor memory cursor, bytes20 infohash, Flow[] memory flows) private pure returns (Reason reason) {
        for (uint256 i = 0; i < flows.length; i++) {
            if (!_spend(cursor, flows[i])) return Reason.MissingInput;
        }
        for (uint256 i = 0; i < flows.length; i++) {
            if (flows[i].sum < flows[i].least) return Reason.Overspend;
        }
        for (uint256 i = 0; i < flows.length; i++) {
            if (flows[i].sum - flows[i].spent > MAX_VALUE) return Reason.Overflow;
        }
        for (uint256 i = 0; i < flows.length; i++) {
            Flow memory flow = flows[i];
            if (flow.paid != 0 && !_create(cursor, infohash, flow.to, flow.paidAsset, flow.paid)) return Reason.OutputExists;
            uint256 rest = flow.sum - flow.spent;
            if (rest != 0 && !_create(cursor, infohash, flow.from, flow.asset, rest)) return Reason.OutputExists;
        }
        for (uint256 i = 0; i < flows.length; i++) {
            Flow memory flow = flows[i];
            if (flow.spent != 0 && !_debit(cursor, Tree.accountKey(flow.from, flow.asset), flow.spent)) {
                return Reason.Overspend;
            }
            if (flow.paid != 0) reason = _credit(cursor, Tree.accountKey(flow.to, flow.paidAsset), flow.paid);
            if (reason != Reason.None) return reason;
        }
    }

    /// @dev Deletes inputs and adds them up; false if one is missing. At most 8 values below 2^128: no overflow.
    function _spend(Cursor memory cursor, Flow memory flow) private pure returns (bool) {
        for (uint256 i = 0; i < flow.count; i++) {
            bytes20 infohash = Packed.prevAt(flow.prevs, i);
            uint256 value = Tree.open(cursor, Tree.outputKey(infohash, flow.from, flow.asset));
            if (value == 0) return false;
            Tree.remove(cursor);
            flow.sum += value;
        }
        return true;
    }

    /// @dev Creates an output; false if it is there already, or its place is taken.
    function _create(Cursor memory cursor, bytes20 infohash, address owner, Asset asset, uint256 value)
        private
        pure
        returns (bool)
    {
        if (Tree.open(cursor, Tree.outputKey(infohash, owner, asset)) != 0 || Tree.isTaken(cursor)) return false;
        Tree.set(cursor, value);
        return true;
    }

    /// @dev Adds to an entry, which is created if it is absent; a reason if its place is taken, or it cannot hold that much. Both
    /// amounts are below 2^128, so that the sum does not overflow.
    function _credit(Cursor memory cursor, bytes32 key, uint256 amount) private pure returns (Reason) {
        uint256 value = Tree.open(cursor, key) + amount;
        if (Tree.isTaken(cursor)) return Reason.OutputExists;
        if (value > MAX_VALUE) return Reason.Overflow;
        Tree.set(cursor, value);
        return Reason.None;
    }

    /// @dev Takes from an account, which is deleted at zero; false if it has less.
    function _debit(Cursor memory cursor, bytes32 key, uint256 amount) private pure returns (bool) {
        uint256 value = Tree.open(cursor, key);
        if (value < amount) return false;
        if (value == amount) Tree.remove(cursor);
        else Tree.set(cursor, value - amount);
        return true;
    }
}
