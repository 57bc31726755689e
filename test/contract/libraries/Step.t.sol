// SPDX-License-Identifier: MIT
// Fuzz tests of the packed step decoder: total, exact in length, and blind to what lies behind a step.
pragma solidity 0.8.37;

import {Asset} from "../../../contracts/types/Asset.sol";
import {StepHarness} from "../harness/StepHarness.sol";

contract StepTest {
    StepHarness private immutable harness = new StepHarness();

    /// @dev The shape rule once more, in plain Solidity.
    function _plainSize(bytes memory steps, uint256 offset) private pure returns (uint256) {
        if (offset >= steps.length) return 0;
        uint256 left = steps.length - offset;
        uint8 kind = uint8(steps[offset]);
        if (kind == 1) return left >= 37 ? 37 : 0;
        if (kind == 3) return left >= 41 ? 41 : 0;
        if (kind == 5) return left >= 65 ? 65 : 0;
        if (kind != 2 && kind != 4) return 0;
        uint256 transaction = kind == 2 ? 9 : 1;
        if (left < transaction + 2) return 0;
        uint256 flags = uint8(steps[offset + transaction]);
        uint256 memo = uint8(steps[offset + transaction + 1]);
        bool issues = flags & 64 != 0;
        if (flags >= 128 || (issues && flags & 48 != 0) || memo > 140) return 0;
        uint256 size = transaction + 107 + (flags & 32 != 0 ? 21 : 0) + 20 * ((flags & 7) + 1) + memo;
        return left >= size ? size : 0;
    }

    function testFuzzAnyBytesHaveTheSizeOfThePlainRule(bytes calldata steps, uint256 offset) external view {
        require(harness.sizeAt(steps, offset) == _plainSize(steps, offset), "far offset");
        offset = steps.length == 0 ? 0 : offset % steps.length;
        require(harness.sizeAt(steps, offset) == _plainSize(steps, offset), "size");
    }

    function testFuzzShapedBytesHaveTheSizeOfThePlainRule(
        bytes32 seed, uint8 kind, uint8 flags, uint8 memo, uint16 length, uint8 offset
    ) external view {
        bytes memory steps = new bytes(uint256(length) % 700 + 1);
        for (uint256 i = 0; i < steps.length; i++) {
            steps[i] = bytes1(uint8(uint256(keccak256(abi.encode(seed, i)))));
        }
        uint256 begin = uint256(offset) % steps.length;
        uint256 transaction = kind % 7 == 2 ? 9 : 1;
        steps[begin] = bytes1(kind % 7);
        if (begin + transaction + 1 < steps.length) {
            steps[begin + transaction] = bytes1(flags % 4 == 0 ? flags : flags % 82);
            steps[begin + transaction + 1] = bytes1(memo % 143);
        }
        require(harness.sizeAt(steps, begin) == _plainSize(steps, begin), "size");
    }

    function testFuzzReadersGiveWhatWasPacked(
        bool applied, uint64 fee, uint8 flags, uint128 tokens, address payee, bytes32 r, uint8 pad, bytes21 asset
    ) external view {
        flags %= 80;
        bytes memory packed = abi.encodePacked(flags, uint8(3), uint40(7), r, r, payee, tokens);
        if (flags & 32 != 0) packed = abi.encodePacked(packed, asset);
        packed = bytes.concat(packed, new bytes(20 * ((flags & 7) + 1) + 3));
        bytes memory step = applied ? abi.encodePacked(uint8(2), fee, packed) : abi.encodePacked(uint8(4), packed);
        bytes memory steps = bytes.concat(new bytes(pad), step, new bytes(pad));
        require(harness.sizeAt(steps, pad) == step.length, "size");
        StepHarness.Reading memory reading = harness.read(steps, pad);
        require(reading.kind == (applied ? 2 : 4), "kind");
        require(reading.isRequest == (flags & 16 != 0), "request");
        require(reading.tokens == tokens, "tokens");
        require(reading.payee == payee, "payee");
        require(Asset.unwrap(reading.asset) == (flags & 32 != 0 ? bytes32(asset) : bytes32(0)), "asset");
        require(reading.hash == keccak256(step), "hash");
        if (!applied) return;
        require(reading.queueFee == fee, "fee");
        require(reading.entryHash == keccak256(abi.encodePacked(uint8(2), fee, keccak256(packed))), "entry");
    }

    function testFuzzReadersGiveADepositAndAVoidEntry(uint128 gross, address to, uint64 fee, bytes32 hash) external view {
        bytes memory deposit = abi.encodePacked(uint8(1), gross, to);
        bytes memory empty = abi.encodePacked(uint8(3), fee, hash);
        bytes memory steps = bytes.concat(deposit, empty);
        require(harness.sizeAt(steps, 0) == 37 && harness.sizeAt(steps, 37) == 41, "sizes");
        StepHarness.Reading memory reading = harness.read(steps, 0);
        require(reading.depositGross == gross && reading.depositTo == to && !reading.isRequest, "deposit");
        require(reading.entryHash == keccak256(deposit) && reading.hash == keccak256(deposit), "deposit entry");
        reading = harness.read(steps, 37);
        require(reading.queueFee == fee && !reading.isRequest, "void");
        require(reading.entryHash == keccak256(abi.encodePacked(uint8(2), fee, hash)), "void entry");
    }

    function testFuzzReadersGiveAnEntryOfAnAsset(uint64 fee, uint128 amount, address to, address asset, uint8 pad)
        external
        view
    {
        bytes memory entry = abi.encodePacked(uint8(5), fee, amount, to, asset);
        bytes memory steps = bytes.concat(new bytes(pad), entry, new bytes(pad));
        require(entry.length == 65 && harness.sizeAt(steps, pad) == 65, "size");
        StepHarness.Reading memory reading = harness.read(steps, pad);
        require(reading.kind == 5 && reading.queueFee == fee && !reading.isRequest, "kind");
        require(reading.entryAmount == amount && reading.entryTo == to && reading.entryAsset == asset, "entry");
        require(reading.entryHash == keccak256(entry) && reading.hash == keccak256(entry), "entry hash");
    }
}
