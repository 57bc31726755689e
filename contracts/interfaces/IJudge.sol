// SPDX-License-Identifier: MIT
// The one question that the judge answers.
pragma solidity 0.8.37;

import {Refutation} from "../types/Refutation.sol";
import {Rules} from "../types/Rules.sol";

/// @title The judge
/// @notice Says whether a proof shows that a block is wrong (docs/protocol.md, section 7.7). It has no storage, no rights and no
/// money: anyone may ask it, about any bytes, so that a proof can be tried without the bridge.
interface IJudge {
    /// @notice Whether `proof` shows a wrong step of the block. False where the step is right. Reverts where the proof shows nothing:
    /// `BadHeaderLength`, `NoSuchStep`, `BadProof`, `NotForced`, or `BadWitness`. It knows no bridge, so it does not ask whether such a
    /// block was published, nor whether `parent` is its parent.
    /// @param rules of the network
    /// @param sealedHeader of the block, 417 bytes
    /// @param parent sealed header of its parent
    function isWrong(
        Rules calldata rules,
        bytes calldata sealedHeader,
        bytes calldata parent,
        Refutation calldata proof
    ) external pure returns (bool);
}
