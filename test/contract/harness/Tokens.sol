// SPDX-License-Identifier: MIT
// Tokens as there are, and as somebody could make them: each harms its own holders, and nobody else.
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IGatewayFactory} from "../../../contracts/interfaces/IGatewayFactory.sol";
import {IHooks} from "./Puppet.sol";

/// @notice Honest. Anybody may make some.
contract PlainToken is ERC20Permit {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) ERC20("Token", "TOK") ERC20Permit("Token") {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Moves, and answers nothing, as USDT does.
contract QuietToken is PlainToken(6) {
    function transfer(address to, uint256 value) public override returns (bool) {
        super.transfer(to, value);
        _stop();
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        super.transferFrom(from, to, value);
        _stop();
    }

    function _stop() private pure {
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}

/// @notice Takes a tenth of each payment from who gets it.
contract FeeToken is PlainToken(18) {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(this), value / 10);
    }
}

/// @notice Everybody has a share of what there is, which anybody can change.
contract RebasingToken is PlainToken(18) {
    uint256 public factor = 1e9;

    function rebase(uint256 factor_) external {
        factor = factor_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * factor / 1e9;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value * 1e9 / factor);
    }
}

/// @notice Has a list of those who may neither send nor receive, and can be stopped, as USDC can.
contract ListToken is PlainToken(6) {
    mapping(address account => bool) public isListed;
    bool public isPaused;

    function list(address account, bool isListed_) external {
        isListed[account] = isListed_;
    }

    function pause(bool isPaused_) external {
        isPaused = isPaused_;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!isPaused && !isListed[from] && !isListed[to], "not now");
        super._update(from, to, value);
    }
}

/// @notice Tells those who asked for it what moves, before and after, as ERC-777 does.
contract HookedToken is PlainToken(18) {
    mapping(address account => bool) private _hooked;

    function hook(address account) external {
        _hooked[account] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_hooked[from]) IHooks(from).tokensToSend();
        super._update(from, to, value);
        if (_hooked[to]) IHooks(to).tokensReceived();
    }
}

/// @notice Says that it has what it never had.
contract LyingToken is PlainToken(18) {
    mapping(address account => uint256) private _told;

    function tell(address account, uint256 amount) external {
        _told[account] = amount;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return _told[account];
    }

    function transferFrom(address, address to, uint256 value) public override returns (bool) {
        // Safe: as much as anybody wants to hear.
        unchecked {
            _told[to] += value;
        }
        return true;
    }

    function transfer(address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice Does with each of its functions what it is told to do.
contract MoodyToken is PlainToken(18) {
    enum Mood {
        Honest,
        Reverts,
        RevertsLoudly,
        SaysFalse,
        MovesAndSaysFalse,
        MovesAndSaysTwo,
        MovesAndSaysLess,
        MovesAndIsLoud,
        BurnsGas
    }

    Mood public onTransfer;
    Mood public onTransferFrom;
    Mood public onBalanceOf;
    /// @dev If this is set, only payments to it have a mood.
    address private _only;

    function set(Mood onTransfer_, Mood onTransferFrom_, Mood onBalanceOf_, address only) external {
        onTransfer = onTransfer_;
        onTransferFrom = onTransferFrom_;
        onBalanceOf = onBalanceOf_;
        _only = only;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (_only != address(0) && _only != to) return super.transfer(to, value);
        _before(onTransfer);
        super.transfer(to, value);
        _after(onTransfer);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        _before(onTransferFrom);
        super.transferFrom(from, to, value);
        _after(onTransferFrom);
        return true;
    }

    function balanceOf(address account) public view override returns (uint256) {
        _before(onBalanceOf);
        _after(onBalanceOf);
        return super.balanceOf(account);
    }

    function _before(Mood mood) private pure {
        if (mood == Mood.Reverts) revert("not now");
        assembly ("memory-safe") {
            if eq(mood, 2) { revert(0, 300000) }
            if eq(mood, 3) {
                mstore(0, 0)
                return(0, 32)
            }
            if eq(mood, 8) { invalid() }
        }
    }

    function _after(Mood mood) private pure {
        assembly ("memory-safe") {
            mstore(0, 0)
            if eq(mood, 4) { return(0, 32) }
            if eq(mood, 5) {
                mstore(0, 2)
                return(0, 32)
            }
            if eq(mood, 6) { return(0, 31) }
            if eq(mood, 7) {
                mstore(0, 1)
                return(0, 300000)
            }
        }
    }
}

/// @notice Calls others whenever it is called.
contract MeddlingToken is PlainToken(18) {
    address[] private _targets;
    bytes[] private _calls;
    /// @notice What each call failed with, in their order; zero for those that did not.
    bytes4[] public answers;

    function meddle(address[] calldata targets, bytes[] calldata calls) external {
        _targets = targets;
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) _calls.push(calls[i]);
        delete answers;
    }

    function answersOf() external view returns (bytes4[] memory) {
        return answers;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0)) return;
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool done, bytes memory answer) = _targets[i].call(_calls[i]);
            answers.push(done ? bytes4(0) : answer.length == 0 ? bytes4(0xffffffff) : bytes4(answer));
        }
    }

    function balanceOf(address account) public view override returns (uint256) {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool done,) = _targets[i].staticcall{gas: 100_000}(_calls[i]);
            require(!done, "changed something");
        }
        return super.balanceOf(account);
    }
}

/// @notice Goes away.
contract VanishingToken is PlainToken(18) {
    function vanish() external {
        selfdestruct(payable(msg.sender));
    }
}

/// @notice Makes a token, and its gateway, and makes the token vanish, all in one transaction: after EIP-6780 that is how code can go.
contract Magician {
    address public token;

    function perform(IGatewayFactory factory) external {
        VanishingToken made = new VanishingToken();
        token = address(made);
        factory.create(token);
        made.vanish();
    }
}

/// @notice A second address of the balances of another token, as TUSD had one.
contract SecondFace {
    FacedToken private immutable _first;

    constructor(FacedToken first) {
        _first = first;
    }

    function balanceOf(address account) external view returns (uint256) {
        return _first.balanceOf(account);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        return _first.transferAs(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        return _first.transferFromAs(msg.sender, from, to, value);
    }
}

/// @notice Its balances have a second address, which it believes.
contract FacedToken is PlainToken(18) {
    function transferAs(address from, address to, uint256 value) external returns (bool) {
        _transfer(from, to, value);
        return true;
    }

    function transferFromAs(address spender, address from, address to, uint256 value) external returns (bool) {
        _spendAllowance(from, spender, value);
        _transfer(from, to, value);
        return true;
    }
}
