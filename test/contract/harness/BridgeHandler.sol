// SPDX-License-Identifier: MIT
// Random traffic on a bridge, with books of its own about what everybody ought to have. Long, as it can do all that anybody can.
pragma solidity 0.8.37;

import {IBridge} from "../../../contracts/interfaces/IBridge.sol";
import {IWrappedTTX} from "../../../contracts/interfaces/IWrappedTTX.sol";
import {Trace} from "../../../contracts/libraries/Trace.sol";
import {BlockId, BlockKey} from "../../../contracts/types/BlockId.sol";
import {Lane} from "../../../contracts/types/Lane.sol";
import {BlobHead} from "../../../contracts/types/BlobHead.sol";
import {BlobBridgeHarness} from "./BlobBridgeHarness.sol";
import {Judge} from "../../../contracts/Judge.sol";
import {Vm, VM} from "./Vm.sol";

/// @notice Somebody who holds wTTX and earns coins, and does what the handler says.
contract Actor {
    function deposit(IBridge bridge, IWrappedTTX token, uint256 amount, address to) external payable {
        token.approve(address(bridge), amount);
        bridge.deposit{value: msg.value}(amount, to);
    }

    function withdraw(IBridge bridge) external {
        bridge.withdraw(address(this));
    }

    /// @notice Mines: a rival has to come from its miner's own account.
    function publish(
        IBridge bridge,
        bytes calldata parent,
        IBridge.Publication calldata publication,
        bytes calldata steps,
        bytes calldata states
    ) external payable returns (BlockId) {
        return bridge.publish{value: msg.value}(parent, publication, steps, states);
    }

    /// @notice The same of a block whose rows are in blobs.
    function publishBlobs(
        IBridge bridge,
        bytes calldata parent,
        IBridge.Publication calldata publication,
        BlobHead calldata head
    ) external payable returns (BlockId) {
        return bridge.publishBlobs{value: msg.value}(parent, publication, head);
    }

    receive() external payable {}
}

contract BridgeHandler {
    struct Published {
        BlockId id;
        BlockId parent;
        bytes header;
        bytes[] steps;
        bytes32[] states;
        uint256 depositCount;
        uint256 enteredCount;
        uint256 forcedCount;
        uint256 supply;
        uint256 requested;
        uint256 firstRequest;
        uint256[] requests;
    }

    struct Deposit {
        uint256 gross;
        address to;
    }

    struct Forced {
        uint64 fee;
        bytes packed;
    }

    uint256 private constant SUPPLY = 1e27;
    uint256 private constant EASIEST = (1 << 244) - 1;
    uint64 private constant ENTER_FEE = 10_000;

    BlobBridgeHarness public bridge;
    IWrappedTTX public token;
    Actor[3] private _actors = [new Actor(), new Actor(), new Actor()];

    /// @notice wTTX that final blocks still have to pay for requests.
    uint256 public unpaidRequests;
    /// @notice wTTX that was burned for deposits which no final block has consumed.
    uint256 public unconsumed;
    /// @notice Fees of deposits that blocks without pay consumed: they are gone.
    uint256 public lostFees;
    /// @notice How often something of each kind came about.
    uint256 public finals;
    uint256 public claims;
    uint256 public deposits;
    uint256 public displaced;
    uint256 public refutations;
    uint256 public inBlobs;

    Published[] private _blocks;
    Deposit[] private _deposits;
    /// @dev The steps that consume them. Each came with `ENTER_FEE`.
    bytes[] private _entered;
    Forced[] private _forced;
    mapping(BlockId id => uint256) private _numberOf;
    mapping(uint256 number => bool) private _paid;
    BlockId[] private _finals;
    uint256 private _now = 4_000_000_000;
    uint256 private _nonce;

    constructor() {
        VM.warp(_now);
        VM.fee(1 gwei);
        bytes32 state = keccak256("state");
        bridge = new BlobBridgeHarness(state, EASIEST, 1, 1, 1 gwei, new Judge());
        bytes32[] memory hashes = new bytes32[](1);
        hashes[0] = bytes32(uint256(1) << 248);
        bridge.carry(hashes);
        token = bridge.token();
        VM.deal(address(this), 1e30);
        Published storage genesis = _blocks.push();
        genesis.id = bridge.genesis();
        genesis.header = abi.encodePacked(
            uint8(2), bridge.chain(), address(bridge), bytes32(0), uint64(0), EASIEST, uint32(0), bytes32(0), state
        );
        // Supply, fees, requests, the queue, miner and nonce.
        genesis.header = bytes.concat(genesis.header, abi.encodePacked(uint96(SUPPLY)), new bytes(236));
    }

    /// @notice Mostly minutes, sometimes as long as a window of the race.
    function pass(uint256 seconds_, uint256 window) external {
        uint8[7] memory hours_ = [0, 0, 0, 1, 12, 24, 48];
        _now += seconds_ % 1 hours + uint256(hours_[window % 7]) * 1 hours;
        VM.warp(_now);
    }

    /// @notice A child of a recent block: it takes its share of the queue, and asks for wTTX.
    function publish(uint256 seed, uint256 requests, bool rival) external {
        // No two siblings are of one second.
        VM.warp(++_now);
        uint256 back = seed % 4;
        Published storage parent = _blocks[_blocks.length - 1 - (back < _blocks.length ? back : 0)];
        if (seed % 3 == 0) parent = _blocks[_numberOf[bridge.finalBlock()]];
        Published storage made = _blocks.push();
        made.parent = parent.id;
        made.supply = _supplyOf(parent);
        made.firstRequest = parent.firstRequest + parent.requests.length;
        bytes memory steps = _fillFromQueue(made, parent, seed);
        for (uint256 i = 0; i < requests % 6; ++i) {
            steps = bytes.concat(steps, _ask(made, uint256(keccak256(abi.encode(seed, i)))));
        }
        _send(made, parent.header, steps, rival ? _latestOf(parent.id.keyOf()) : BlockKey.wrap(0));
    }

    function nominate(uint256 parent, uint256 block_) external {
        VM.warp(_now);
        BlockKey above = (parent % 2 == 0 ? bridge.finalBlock() : _blocks[parent % _blocks.length].id).keyOf();
        // Often one that may still be eligible.
        uint256 span = block_ % 3 == 0 && _blocks.length > 8 ? 8 : _blocks.length;
        try bridge.nominate(above, _blocks[_blocks.length - 1 - (block_ >> 8) % span].id.keyOf()) {} catch {}
    }

    function finalize(uint256 seed) external {
        VM.warp(_now);
        BlockId last = bridge.finalBlock();
        BlockKey first = bridge.firstChild(last.keyOf());
        for (uint256 i = 0; i < _blocks.length; ++i) {
            Published storage candidate = _blocks[(seed % _blocks.length + i) % _blocks.length];
            if (BlockId.unwrap(candidate.parent) != BlockId.unwrap(last)) continue;
            try bridge.finalize(candidate.header) {
                if (candidate.id.keyOf() != first) displaced++;
                _settle(candidate, last);
                return;
            } catch {}
        }
    }

    function refute(uint256 seed) external {
        VM.warp(_now);
        if (seed % 3 != 0) return;
        try bridge.refute(_blocks[seed % _blocks.length].id) {
            refutations++;
        } catch {}
    }

    /// @notice A request of a final block: it is paid if and only if that was not done before.
    function claim(uint256 seed, uint256 index) external {
        VM.warp(_now);
        if (_finals.length == 0) return;
        Published storage final_ = _blocks[_numberOf[_finals[seed % _finals.length]]];
        if (final_.requests.length == 0) return;
        index %= final_.requests.length;
        uint256 step = final_.requests[index];
        (, uint256 amount, address to) = _read(final_.steps[step]);
        uint256 number = final_.firstRequest + index;
        IBridge.Claim memory proof =
            IBridge.Claim(number, uint32(step), to, uint128(amount), _siblings(final_, index));
        uint256 before = token.balanceOf(to);
        try bridge.claim(final_.header, proof) {
            require(!_paid[number], "paid twice");
            _paid[number] = true;
            uint256 net = amount - amount / 100;
            require(token.balanceOf(to) == before + net, "paid another amount");
            unpaidRequests -= net;
            claims++;
        } catch {
            require(_paid[number], "did not pay");
        }
    }

    function deposit(uint256 who, uint256 amount) external {
        VM.warp(_now);
        Actor actor = _actors[who % 3];
        uint256 held = token.balanceOf(address(actor));
        if (held == 0) return;
        amount = 1 + amount % held;
        uint256 surcharge = bridge.surcharge(Lane.Deposits, 1);
        uint256 held_ = address(actor).balance;
        // What is too much comes back.
        actor.deposit{value: surcharge + who % 1 ether}(bridge, token, amount, _actor(who + 1));
        require(address(actor).balance == held_ + who % 1 ether, "kept too much");
        _deposits.push(Deposit(amount, _actor(who + 1)));
        unconsumed += amount;
        deposits++;
    }

    /// @notice This contract is the asset, of which there is any amount.
    function enter(uint256 seed) external {
        VM.warp(_now);
        uint256 due = uint256(ENTER_FEE) * 1 gwei + bridge.surcharge(Lane.Assets, 1);
        uint256 before = address(this).balance;
        uint128 amount = uint128(seed | 1);
        bridge.enter{value: due + seed % 1 ether}(amount, _actor(seed));
        require(address(this).balance == before - due, "kept too much");
        _entered.push(abi.encodePacked(uint8(5), ENTER_FEE, amount, _actor(seed), address(this)));
    }

    function force(uint256 seed, bool request) external {
        VM.warp(_now);
        bytes[] memory transactions = new bytes[](1);
        transactions[0] = _packed(request, _actor(seed), 1 + seed % 1e24, seed);
        uint64 fee = uint64(5_000 + 64 * transactions[0].length);
        uint256 due = uint256(fee) * 1 gwei + bridge.surcharge(Lane.Forced, 1);
        uint256 before = address(this).balance;
        bridge.force{value: due + seed % 1 ether}(transactions);
        require(address(this).balance == before - due, "kept too much");
        _forced.push(Forced(fee, transactions[0]));
    }

    function withdrawBond(uint256 seed) external {
        VM.warp(_now);
        try bridge.withdrawBond(_blocks[seed % _blocks.length].header) {} catch {}
    }

    function withdraw(uint256 who) external {
        VM.warp(_now);
        Actor actor = _actors[who % 3];
        uint256 owed = bridge.owed(address(actor));
        uint256 before = address(actor).balance;
        try actor.withdraw(bridge) {
            require(owed != 0 && address(actor).balance == before + owed, "paid another amount");
        } catch {
            require(owed == 0, "did not pay");
        }
    }

    /// @notice All TTX and wTTX that there are, wherever they are.
    function total() external view returns (uint256) {
        uint256 here = token.totalSupply() + unconsumed + unpaidRequests + lostFees;
        return _supplyOf(_blocks[_numberOf[bridge.finalBlock()]]) + here;
    }

    /// @notice Wei that the bridge owes, or may come to owe: bonds, and the fees of forced transactions and entries of assets, to anybody.
    function liabilities() external view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; ++i) sum += bridge.owed(_actor(i));
        sum += bridge.owed(address(this));
        for (uint256 i = 0; i < _blocks.length; ++i) sum += uint256(bridge.blocks(_blocks[i].id.keyOf()).bond) * 1 gwei;
        Published storage last = _blocks[_numberOf[bridge.finalBlock()]];
        for (uint256 i = last.forcedCount; i < _forced.length; ++i) sum += uint256(_forced[i].fee) * 1 gwei;
        sum += (_entered.length - last.enteredCount) * ENTER_FEE * 1 gwei;
    }

    receive() external payable {}

    function _actor(uint256 number) private view returns (address) {
        return address(_actors[number % 3]);
    }

    function _send(Published storage made, bytes memory parent, bytes memory steps, BlockKey beside) private {
        bytes memory states;
        for (uint256 i = 0; i < made.steps.length; ++i) states = bytes.concat(states, made.states[i]);
        uint256 parentTarget = uint256(bytes32(_slice(parent, 69)));
        uint256 target = parentTarget >> 1 > 1 << 176 ? parentTarget >> 1 : 1 << 176;
        VM.recordLogs();
        Actor miner = _actors[++_nonce % 3];
        IBridge.Publication memory publication =
            IBridge.Publication(target, 0, address(miner), bytes32(_nonce), beside);
        // Half of all that has steps is posted in blobs.
        if (made.steps.length != 0 && uint256(keccak256(abi.encode(_nonce))) % 2 == 0) {
            _sendBlobs(made, miner, parent, publication);
            return;
        }
        try miner.publish{value: 0.5 ether}(bridge, parent, publication, steps, states) returns (BlockId id) {
            Vm.Log[] memory logs = VM.getRecordedLogs();
            (,, made.header,,) = abi.decode(logs[logs.length - 1].data, (bytes20, uint40, bytes, bytes, bytes));
            _keep(made, id);
        } catch {
            _blocks.pop();
        }
    }

    function _sendBlobs(
        Published storage made,
        Actor miner,
        bytes memory parent,
        IBridge.Publication memory publication
    ) private {
        uint256 count = made.steps.length;
        BlobHead memory head;
        head.stepCount = uint16(count);
        head.growth = uint16(_nonce % 2_048);
        head.state = made.states[count - 1];
        for (uint256 i = 0; i < count; ++i) {
            bytes memory step = made.steps[i];
            uint256 kind = uint8(step[0]);
            if (kind == 2) {
                bytes8 fee = bytes8(_slice(step, 1));
                step = abi.encodePacked(uint8(3), fee, _hashFrom(step, 9));
            }
            if (kind != 4) head.entries = bytes.concat(head.entries, step);
        }
        for (uint256 i = 0; i < made.requests.length; ++i) {
            (, uint256 amount, address to) = _read(made.steps[made.requests[i]]);
            head.requests = bytes.concat(head.requests, abi.encodePacked(uint16(made.requests[i]), uint8(0), to, uint128(amount)));
        }
        try miner.publishBlobs{value: 0.5 ether}(bridge, parent, publication, head) returns (BlockId id) {
            Vm.Log[] memory logs = VM.getRecordedLogs();
            bytes memory data = logs[logs.length - 1].data;
            (,, made.header,,,) = abi.decode(data, (bytes20, uint40, bytes, bytes32[], bytes, bytes));
            _keep(made, id);
            inBlobs++;
        } catch {
            _blocks.pop();
        }
    }

    function _keep(Published storage made, BlockId id) private {
        made.id = id;
        _numberOf[id] = _blocks.length - 1;
    }

    /// @dev Keccak-256 of all bytes from an offset on.
    function _hashFrom(bytes memory data, uint256 offset) private pure returns (bytes32 digest) {
        // Safe: reads what the bytes have.
        assembly ("memory-safe") {
            digest := keccak256(add(add(data, 32), offset), sub(mload(data), offset))
        }
    }

    function _latestOf(BlockKey parent) private view returns (BlockKey last) {
        last = bridge.blocks(parent).lastChild;
        if (!last.exists()) last = bridge.firstChild(parent);
    }

    function _settle(Published storage final_, BlockId last) private {
        finals++;
        _finals.push(final_.id);
        bool unpaid = bridge.blocks(final_.id.keyOf()).flags & 8 != 0;
        for (uint256 i = _blocks[_numberOf[last]].depositCount; i < final_.depositCount; ++i) {
            unconsumed -= _deposits[i].gross;
            if (unpaid) lostFees += _deposits[i].gross / 100;
        }
        for (uint256 i = 0; i < final_.steps.length; ++i) {
            (bool isRequest, uint256 amount,) = _read(final_.steps[i]);
            if (!isRequest) continue;
            unpaidRequests += amount - amount / 100;
            if (unpaid) lostFees += amount / 100;
        }
    }

    function _fillFromQueue(Published storage made, Published storage parent, uint256 seed)
        private
        returns (bytes memory steps)
    {
        uint256 i = parent.depositCount;
        for (uint256 end = _shareFrom(i, _deposits.length); i < end; ++i) {
            bytes memory step = abi.encodePacked(uint8(1), uint128(_deposits[i].gross), _deposits[i].to);
            _add(made, step);
            steps = bytes.concat(steps, step);
        }
        made.depositCount = i;
        i = parent.enteredCount;
        for (uint256 end = _shareFrom(i, _entered.length); i < end; ++i) {
            _add(made, _entered[i]);
            steps = bytes.concat(steps, _entered[i]);
        }
        made.enteredCount = i;
        i = parent.forcedCount;
        for (uint256 end = _shareFrom(i, _forced.length); i < end; ++i) {
            steps = bytes.concat(steps, _consume(made, _forced[i], seed >> i & 1 == 0));
        }
        made.forcedCount = i;
    }

    function _shareFrom(uint256 from, uint256 length) private pure returns (uint256 end) {
        return length - from < 128 ? length : from + 128;
    }

    function _consume(Published storage made, Forced storage entry, bool apply_) private returns (bytes memory step) {
        if (apply_ && made.requested + 1e24 < made.supply) {
            step = abi.encodePacked(uint8(2), entry.fee, entry.packed);
            (bool isRequest, uint256 amount,) = _read(step);
            if (isRequest) made.requested += amount;
        } else {
            step = abi.encodePacked(uint8(3), entry.fee, keccak256(entry.packed));
        }
        _add(made, step);
    }

    function _ask(Published storage made, uint256 random) private returns (bytes memory step) {
        uint256 left = made.supply > made.requested ? made.supply - made.requested : 0;
        uint256 amount = left == 0 ? 0 : random % (left / 3 + 1);
        bool isRequest = random % 5 != 0;
        if (isRequest) made.requested += amount;
        step = abi.encodePacked(uint8(4), _packed(isRequest, _actor(random), amount, random));
        _add(made, step);
    }

    function _add(Published storage made, bytes memory step) private {
        (bool isRequest,,) = _read(step);
        if (isRequest) made.requests.push(made.steps.length);
        made.steps.push(step);
        made.states.push(keccak256(abi.encode(made.steps.length, _nonce)));
    }

    function _packed(bool request, address to, uint256 amount, uint256 random) private pure returns (bytes memory) {
        bytes32 noise = keccak256(abi.encode(random));
        return abi.encodePacked(
            uint8(request ? 0x10 : 0), uint8(0), uint40(7), noise, noise, to, uint128(amount), bytes20(noise)
        );
    }

    function _read(bytes memory step) private pure returns (bool isRequest, uint256 amount, address to) {
        uint256 kind = uint8(step[0]);
        if (kind % 2 == 1) return (false, 0, address(0));
        uint256 offset = kind == 2 ? 9 : 1;
        isRequest = uint8(step[offset]) & 0x10 != 0;
        to = address(bytes20(_slice(step, offset + 71)));
        amount = uint256(bytes32(_slice(step, offset + 91))) >> 128;
    }

    /// @dev The 32 bytes at an offset.
    function _slice(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        for (uint256 i = 0; i < 32 && offset + i < data.length; ++i) word |= bytes32(data[offset + i]) >> (8 * i);
    }

    function _supplyOf(Published storage block_) private view returns (uint256) {
        return uint256(_slice(block_.header, 169)) >> 160;
    }

    function _siblings(Published storage block_, uint256 index) private view returns (bytes32[] memory siblings) {
        uint256 depth = Trace.depthOf(block_.requests.length);
        bytes32[] memory level = new bytes32[](1 << depth);
        for (uint256 i = 0; i < block_.requests.length; ++i) {
            (, uint256 amount, address to) = _read(block_.steps[block_.requests[i]]);
            level[i] = keccak256(
                abi.encodePacked(uint8(0), uint32(block_.requests[i]), uint8(0), address(0), to, uint128(amount))
            );
        }
        siblings = new bytes32[](depth);
        for (uint256 d = 0; d < depth; ++d) {
            siblings[d] = level[(index >> d) ^ 1];
            for (uint256 i = 0; i < 1 << (depth - d - 1); ++i) {
                level[i] = keccak256(abi.encodePacked(uint8(1), level[2 * i], level[2 * i + 1]));
            }
        }
    }
}
