// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// Tells prices in thousandths.
contract Oracle {
    address public immutable keeper = msg.sender;
    mapping(uint256 => uint256) private _prices;

    error NotKeeper(address caller);

    function setPrice(uint256 pair, uint256 price) external {
        if (msg.sender != keeper) revert NotKeeper(msg.sender);
        _prices[pair] = price;
    }

    function priceOf(uint256 pair) external view returns (uint256) {
        return _prices[pair];
    }
}

/// Settles orders at one clearing price. One line of it is wrong.
contract OrderBook {
    struct Order {
        address maker;
        uint256 pair;
        uint256 limit;
        uint256 filled;
    }

    struct Fill {
        uint256 id;
        uint256 amount;
    }

    uint256 private constant ONE = 1_000;
    uint256 private constant FEE_BPS = 30;

    Oracle public immutable oracle;
    bool private _locked;
    uint256 public fees;
    mapping(uint256 => Order) public orders;
    mapping(address => uint256) public proceeds;

    event Placed(uint256 indexed id, address indexed maker, uint256 limit);
    event Filled(uint256 indexed id, address indexed maker, uint256 amount, uint256 paid);

    error UnknownOrder(uint256 id);
    error PriceAboveLimit(uint256 id, uint256 price, uint256 limit);
    error Unbalanced(uint256 paid, uint256 credited);

    constructor(Oracle oracle_) {
        oracle = oracle_;
    }

    function place(uint256 id, uint256 pair, uint256 limit) external {
        orders[id] = Order(msg.sender, pair, limit, 0);
        emit Placed(id, msg.sender, limit);
    }

    /// Fills orders and credits their makers.
    function settle(Fill[] calldata fills, uint256 price) external {
        require(!_locked, "locked");
        _locked = true;
        for (uint256 i = 0; i < fills.length; i++) {
            _fill(fills[i], price);
        }
        _locked = false;
    }

    /// As settle, and checks that nothing was lost.
    function settleExactly(Fill[] calldata fills, uint256 price) external {
        uint256 total;
        uint256 credited;
        for (uint256 i = 0; i < fills.length; i++) {
            uint256 before = proceeds[orders[fills[i].id].maker] + fees;
            total += _fill(fills[i], price);
            credited += proceeds[orders[fills[i].id].maker] + fees - before;
        }
        if (credited != total) revert Unbalanced(total, credited);
    }

    function _fill(Fill calldata f, uint256 price) internal returns (uint256 paid) {
        Order storage o = orders[f.id];
        if (o.maker == address(0)) revert UnknownOrder(f.id);
        if (!_crosses(o, price)) revert PriceAboveLimit(f.id, price, o.limit);

        paid = f.amount * price / ONE;
        uint256 fee = paid * FEE_BPS / 10_000;

        o.filled += f.amount;
        // The bug: a thousandth instead of a ten-thousandth is kept back.
        proceeds[o.maker] += paid - paid * FEE_BPS / 1_000;
        fees += fee;
        emit Filled(f.id, o.maker, f.amount, paid);
    }

    function _crosses(Order storage o, uint256 price) internal view returns (bool) {
        uint256 ref = oracle.priceOf(o.pair);
        return price <= o.limit && price <= ref * 102 / 100;
    }
}
