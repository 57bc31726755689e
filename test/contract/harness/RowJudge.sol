// SPDX-License-Identifier: MIT
// The judge with rows that nobody has to open: tests judge them by the hundred thousand, and many in one call.
pragma solidity 0.8.37;

import {Judge} from "../../../contracts/Judge.sol";
import {IBlobs} from "../../../contracts/interfaces/IBlobs.sol";
import {BlobRow} from "../../../contracts/libraries/BlobRow.sol";
import {Step} from "../../../contracts/libraries/Step.sol";
import {BlobEntry} from "../../../contracts/types/BlobEntry.sol";
import {Refutation} from "../../../contracts/types/Refutation.sol";

contract RowJudge is Judge {
    /// @notice What came of a call: an answer, or the bytes that it reverted with.
    struct Outcome {
        bool isAnswer;
        bytes data;
    }

    /// @notice Makes each of these calls of this contract.
    function judgeMany(bytes[] calldata calls) external view returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (outcomes[i].isAnswer, outcomes[i].data) = address(this).staticcall(calls[i]);
        }
    }

    /// @dev The opening is what the blobs state of both entries: believed, where the deployed judge asks the precompile.
    function _openRow(uint256, Refutation calldata proof)
        internal
        pure
        override
        returns (BlobEntry memory before, BlobEntry memory own, uint256 size)
    {
        (before, own) = abi.decode(proof.opening, (BlobEntry, BlobEntry));
        bytes calldata content = proof.step;
        bytes calldata long;
        // Safe: as in `BlobRow`, nothing is read but the first 31 bytes, without which the content has another length than is asked for.
        assembly ("memory-safe") {
            long.offset := content.offset
            long.length := 0x10000
        }
        size = Step.sizeAt(long, 0);
        uint256 length = 31 * BlobRow.elementsOf(size);
        if (content.length != length) revert IBlobs.BadRowLength(length, content.length);
    }
}
