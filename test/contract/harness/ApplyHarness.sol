// SPDX-License-Identifier: MIT
// Opens the step function and what it is made of to tests, with the gas that each takes.
pragma solidity 0.8.37;

import {Apply} from "../../../contracts/libraries/Apply.sol";
import {Infohash} from "../../../contracts/libraries/Infohash.sol";
import {Sha1} from "../../../contracts/libraries/Sha1.sol";
import {Take} from "../../../contracts/libraries/Take.sol";
import {TransactionFile} from "../../../contracts/libraries/TransactionFile.sol";
import {Cursor, Tree} from "../../../contracts/libraries/Tree.sol";
import {TypedData} from "../../../contracts/libraries/TypedData.sol";
import {assetOf} from "../../../contracts/types/Asset.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Rules} from "../../../contracts/types/Rules.sol";
import {Swap} from "../../../contracts/types/Swap.sol";

contract ApplyHarness {
    /// @notice How one witness ended: with an error, or with an answer.
    struct Outcome {
        bytes4 thrown;
        Reason reason;
        bytes32 post;
        int256 growth;
    }

    /// @notice How one opening ended: with an error, or with a value and the root after writing.
    struct Touched {
        bytes4 thrown;
        uint256 found;
        bytes32 root;
    }

    /// @dev `growth` is 0 unless the reason is None: it means nothing then.
    function applyStep(
        Rules calldata rules, bytes32 pre, uint256 queueIndex, bytes calldata step, bytes calldata witness
    ) external view returns (Reason reason, bytes32 post, uint256 gas_, int256 growth) {
        Rules memory copy = rules;
        uint256 entries;
        gas_ = gasleft();
        (reason, post, entries) = Apply.applyStep(copy, pre, queueIndex, step, witness);
        gas_ -= gasleft();
        growth = reason == Reason.None ? int256(entries) : int256(0);
    }

    /// @notice Applies the same step once with each witness.
    function applyWithEach(
        Rules calldata rules, bytes32 pre, uint256 queueIndex, bytes calldata step, bytes[] calldata witnesses
    ) external view returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](witnesses.length);
        for (uint256 i = 0; i < witnesses.length; i++) {
            try this.applyStep(rules, pre, queueIndex, step, witnesses[i]) returns (
                Reason reason, bytes32 post, uint256, int256 growth
            ) {
                outcomes[i] = Outcome(0, reason, post, growth);
            } catch (bytes memory thrown) {
                outcomes[i].thrown = bytes4(thrown);
            }
        }
    }

    function applyTransaction(Rules calldata rules, bytes32 pre, bytes calldata packed, bytes calldata witness)
        external
        pure
        returns (Reason reason, bytes32 post, int256 growth)
    {
        uint256 entries;
        (reason, post, entries) = Apply.applyTransaction(rules, pre, packed, witness);
        growth = reason == Reason.None ? int256(entries) : int256(0);
    }

    function sha1Of(bytes calldata data) external view returns (bytes20 digest, uint256 gas_) {
        bytes memory copy = data;
        gas_ = gasleft();
        digest = Sha1.hash(copy);
        gas_ -= gasleft();
    }

    function infohashOf(bytes calldata file) external pure returns (bytes20) {
        return Infohash.ofFile(file);
    }

    function write(Rules calldata rules, address sender, bytes calldata packed) external pure returns (bytes memory) {
        return TransactionFile.write(rules, sender, packed);
    }

    /// @param kind of the asset, 0 for TTX
    function writeDeposit(Rules calldata rules, uint256 index, uint8 kind, bytes20 asset, address to, uint256 credit)
        external
        pure
        returns (bytes memory)
    {
        return TransactionFile.writeDeposit(rules, index, assetOf(kind, asset), to, credit);
    }

    function digestOf(Rules calldata rules, bytes calldata packed) external pure returns (bytes32) {
        return TypedData.digest(rules, packed);
    }

    function senderOf(Rules calldata rules, bytes calldata packed) external pure returns (address) {
        return TypedData.sender(rules, packed);
    }

    /// @notice What is signed of a take and of its offer, by whom, and its file; it has a shape.
    function readTake(bytes calldata packed)
        external
        pure
        returns (bytes32 offer, address maker, bytes32 take, address taker, bytes memory file, bytes32 offerHash)
    {
        Swap memory swap = Take.read(packed);
        bytes calldata memo = Take.memo(packed, swap);
        offer = TypedData.offerDigest(swap);
        maker = TypedData.signer(offer, swap.offer);
        (swap.give.from, swap.want.to) = (maker, maker);
        take = TypedData.takeDigest(swap, memo);
        taker = TypedData.signer(take, swap.take);
        (swap.want.from, swap.give.to) = (taker, taker);
        file = TransactionFile.writeTake(swap, memo);
        offerHash = swap.offerHash;
    }

    /// @notice Opens one entry and, unless `value` is its value, writes it (0 deletes a present one).
    function touch(bytes32 root, bytes32 key, uint256 value, bytes calldata witness)
        external
        pure
        returns (uint256 found, bytes32 after_)
    {
        Cursor memory cursor = Tree.start(root, witness);
        found = Tree.open(cursor, key);
        if (value != found) {
            if (value == 0) Tree.remove(cursor);
            else Tree.set(cursor, value);
        }
        after_ = Tree.finish(cursor);
    }

    /// @notice Touches the same entry once with each witness.
    function touchWithEach(bytes32 root, bytes32 key, uint256 value, bytes[] calldata witnesses)
        external
        view
        returns (Touched[] memory outcomes)
    {
        outcomes = new Touched[](witnesses.length);
        for (uint256 i = 0; i < witnesses.length; i++) {
            try this.touch(root, key, value, witnesses[i]) returns (uint256 found, bytes32 after_) {
                outcomes[i] = Touched(0, found, after_);
            } catch (bytes memory thrown) {
                outcomes[i].thrown = bytes4(thrown);
            }
        }
    }
}
