// SPDX-License-Identifier: MIT
// Fuzz tests of the step function's sums: whatever entries hold, there is a reason or a state, the one of plain arithmetic.
pragma solidity 0.8.37;

import {Tree} from "../../../contracts/libraries/Tree.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Rules} from "../../../contracts/types/Rules.sol";
import {ApplyHarness} from "../harness/ApplyHarness.sol";
import {PlainTree} from "../harness/PlainTree.sol";
import {VM} from "../harness/Vm.sol";

contract ApplyAmountsTest is PlainTree {
    uint256 private constant KEY = 0xa11ce;
    uint256 private constant MAX = type(uint128).max;

    ApplyHarness private immutable harness = new ApplyHarness();
    address private immutable sender = VM.addr(KEY);

    /// @dev What the openings so far show.
    bytes private witness;

    /// @param amounts of two inputs, the accounts of sender and payee, and an entry beside them
    /// @param kind 0 a payment, 1 a request, 2 a payment to oneself, 3 a request to oneself
    function testFuzzTransactionIsJudgedOnAnyAmounts(uint256[5] memory amounts, uint256 tokens, uint256 kind) external {
        kind %= 4;
        tokens = 1 + _amount(tokens, 0) % MAX;
        bool request = kind % 2 == 1;
        address payee = kind < 2 ? address(0xb0b) : sender;
        bytes memory packed = _packed(request, payee, tokens);
        (bytes32 out0, bytes32 out1) = (Tree.outputKey(bytes20(uint160(1)), sender), Tree.outputKey(bytes20(uint160(2)), sender));
        _write(out0, _amount(amounts[0], tokens));
        _write(out1, _amount(amounts[1], tokens));
        _write(Tree.accountKey(sender), _amount(amounts[2], tokens));
        if (payee != sender) _write(Tree.accountKey(payee), _amount(amounts[3], tokens));
        _write(Tree.accountKey(address(0xdead)), _amount(amounts[4], tokens));

        bytes32 pre = _root();
        bytes20 infohash = harness.infohashOf(harness.write(_rules(), sender, packed));
        Reason expected = _expect(out0, out1, infohash, request, payee, tokens);
        (Reason reason, bytes32 post,) = harness.applyTransaction(_rules(), pre, packed, witness);
        require(reason == expected, "reason");
        require(post == (expected == Reason.None ? _root() : pre), "state");
    }

    /// @param held what the output and the account of the depositor hold already, and an entry beside them
    function testFuzzDepositFitsOrChangesNothing(uint256[3] memory held, uint256 amount, uint64 index, address to) external {
        uint256 gross = 1 + _amount(amount, 0) % MAX;
        uint256 credit = gross - gross / 100;
        bytes20 infohash = harness.infohashOf(harness.writeDeposit(_rules(), index, to, credit));
        (bytes32 output, bytes32 account) = (Tree.outputKey(infohash, to), Tree.accountKey(to));
        _write(output, _amount(held[0], credit));
        _write(account, _amount(held[1], credit));
        _write(Tree.outputKey(0, to), _amount(held[2], credit));

        bytes32 pre = _root();
        bytes32 expected = pre;
        if (_add(output, credit) && _add(account, credit)) expected = _root();
        bytes memory step = abi.encodePacked(uint8(1), uint128(gross), to);
        (Reason reason, bytes32 post,,) = harness.applyStep(_rules(), pre, index, step, witness);
        require(reason == Reason.None && post == expected, "deposit");
    }

    /// @dev The reason, with the entries as the transaction leaves them and the openings that this needs.
    function _expect(bytes32 out0, bytes32 out1, bytes20 infohash, bool request, address payee, uint256 tokens)
        private
        returns (Reason)
    {
        uint256 sum = values[out0] + values[out1];
        if (!_delete(out0) || !_delete(out1)) return Reason.MissingInput;
        if (sum < tokens) return Reason.Overspend;
        bytes32 change = Tree.outputKey(infohash, sender);
        if (payee == sender && !request) return _fits(sum) && _add(change, sum) ? Reason.None : Reason.Overflow;
        if (!_fits(sum - tokens)) return Reason.Overflow;
        if (!request) _add(Tree.outputKey(infohash, payee), tokens);
        if (sum > tokens) _add(change, sum - tokens);
        bytes32 account = Tree.accountKey(sender);
        uint256 balance = values[account];
        witness = bytes.concat(witness, _opening(account, balance == tokens));
        if (balance < tokens) return Reason.Overspend;
        _write(account, balance - tokens);
        return request || _add(Tree.accountKey(payee), tokens) ? Reason.None : Reason.Overflow;
    }

    function _delete(bytes32 key) private returns (bool isThere) {
        isThere = values[key] != 0;
        witness = bytes.concat(witness, _opening(key, isThere));
        if (isThere) _write(key, 0);
    }

    function _add(bytes32 key, uint256 amount) private returns (bool fits) {
        witness = bytes.concat(witness, _opening(key, false));
        fits = _fits(values[key] + amount);
        if (fits) _write(key, values[key] + amount);
    }

    function _fits(uint256 value) private pure returns (bool) {
        return value <= MAX;
    }

    /// @dev An amount in which sums and differences with `other` are at their edges as often as not.
    function _amount(uint256 random, uint256 other) private pure returns (uint256) {
        uint256 value = (random >> 8) % (MAX + 1);
        uint256 edge = random % 8;
        if (edge == 0) return 0;
        if (edge == 1) return other;
        if (edge == 2) return other == 0 ? 1 : other - 1;
        if (edge == 3) return MAX - other;
        if (edge == 4) return other == 0 ? MAX - 1 : MAX - other + 1;
        if (edge == 5) return MAX;
        return edge == 6 ? value : value % 1_000;
    }

    function _packed(bool request, address payee, uint256 tokens) private view returns (bytes memory packed) {
        packed = _pack(1 | (request ? 16 : 0), 0, 0, payee, tokens);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(KEY, harness.digestOf(_rules(), packed));
        return _pack(1 | (request ? 16 : 0) | (v == 28 ? 8 : 0), r, s, payee, tokens);
    }

    function _pack(uint256 flags, bytes32 r, bytes32 s, address payee, uint256 tokens) private pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(uint8(flags), uint8(0), uint40(7), r, s, payee, uint128(tokens));
        return abi.encodePacked(head, bytes20(uint160(1)), bytes20(uint160(2)));
    }

    function _rules() private pure returns (Rules memory) {
        return Rules(31_337, address(0xb1), address(0x70), 1);
    }
}
