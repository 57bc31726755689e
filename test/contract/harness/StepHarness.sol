// SPDX-License-Identifier: MIT
// Opens the packed step library to tests.
pragma solidity 0.8.37;

import {Asset} from "../../../contracts/types/Asset.sol";
import {Step} from "../../../contracts/libraries/Step.sol";

contract StepHarness {
    /// @notice What the readers say of a step that has a shape.
    struct Reading {
        uint256 kind;
        bool isRequest;
        uint256 tokens;
        address payee;
        Asset asset;
        uint256 depositGross;
        address depositTo;
        uint256 queueFee;
        uint256 entryAmount;
        address entryTo;
        address entryAsset;
        bytes32 entryHash;
        bytes32 hash;
    }

    function sizeAt(bytes calldata steps, uint256 offset) external pure returns (uint256) {
        return Step.sizeAt(steps, offset);
    }

    function read(bytes calldata steps, uint256 offset) external pure returns (Reading memory reading) {
        uint256 size = Step.sizeAt(steps, offset);
        reading.kind = Step.kindAt(steps, offset);
        reading.isRequest = Step.isRequestAt(steps, offset);
        reading.tokens = Step.tokensAt(steps, offset);
        reading.payee = Step.payeeAt(steps, offset);
        reading.asset = Step.assetAt(steps, offset);
        reading.depositGross = Step.depositGrossAt(steps, offset);
        reading.depositTo = Step.depositToAt(steps, offset);
        reading.queueFee = Step.queueFeeAt(steps, offset);
        reading.entryAmount = Step.entryAmountAt(steps, offset);
        reading.entryTo = Step.entryToAt(steps, offset);
        reading.entryAsset = Step.entryAssetAt(steps, offset);
        reading.entryHash = Step.entryHashAt(steps, offset, size);
        reading.hash = Step.hashAt(steps, offset, size);
    }

    /// @notice Goes through steps that follow each other, as `publish` does, and takes the shape and the hash of each.
    function walk(bytes calldata steps) external view returns (uint256 count, bytes32 last, uint256 gas_) {
        gas_ = gasleft();
        for (uint256 offset = 0; offset < steps.length; count++) {
            uint256 size = Step.sizeAt(steps, offset);
            require(size != 0, "no shape");
            last = Step.hashAt(steps, offset, size);
            offset += size;
        }
        gas_ -= gasleft();
    }
}
