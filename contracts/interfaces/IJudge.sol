// SPDX-License-Identifier: MIT
// The one question that the judge answers.
pragma solidity 0.8.37;

import {QueueSpot} from "../types/QueueSpot.sol";
import {Refutation} from "../types/Refutation.sol";
import {Rules} from "../types/Rules.sol";

/// @title The judge
/// @notice Says whether a proof shows that a block is wrong (docs/protocol.md, section 7.7). It has no storage, no rights and no
/// money: anyone may ask it, about any bytes, so that a proof can be tried without the bridge.
interface IJudge {
    /// @notice Whether `proof` shows a wrong step of the block. False where the step is right. Reverts where the proof shows nothing:
    /// `BadHeaderLength`, `NoSuchStep`, `BadProof`, `NotForced`, `NotNeeded`, `BadWitness`, or an error of `IBlobs`. It knows no bridge, so it
    /// does not ask whether such a block was published, whether `parent` is its parent, or whether the queue has such an entry.
    /// @param rules of the network
    /// @param sealedHeader of the block, 417 bytes
    /// @param parent sealed header of its parent
    /// @param spot the entry of the queue that the step consumes; read if the rows are in blobs, and the step is among the first, which do
    function isWrong(
        Rules calldata rules,
        bytes calldata sealedHeader,
        bytes calldata parent,
        QueueSpot calldata spot,
        Refutation calldata proof
    ) external view returns (bool);
}
