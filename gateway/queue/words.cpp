// English, Chinese as written in Taiwan, Ukrainian.
#include "words.hpp"

namespace tix::gateway {
namespace {

constexpr Words kEnglishWords{
    .tag = "en",
    .title = "Waiting room",
    .seconds = "{} s",
    .minutes = "{} min",
    .hours = "{} h",
    .stranger = "You have no place in this line yet. You get one where you want to buy.",
    .in_line = "In line now: {}",
    .waiting = "You are in line. You keep your place while you wait.",
    .ahead = "Ahead of you: {}",
    .eta = "Expected wait: about {}",
    .before_draw =
        "You are here in time. The places are drawn when the waiting room opens; "
        "everybody who is here by then has the same chance.",
    .draw_in = "It opens in about {}",
    .paused = "The line is standing still for a while. You keep your place.",
    .called = "It is your turn.",
    .claim_within = "Go in within {} of being called, or the next one is called.",
    .claim = "Go in",
    .admitted = "You are in.",
    .admitted_until = "You can choose seats until {} (UTC).",
    .enter = "Choose seats",
    .lapsed = "Your turn has passed. If you went in, choose your seats; if not, get in line again.",
    .closed = "The waiting room is closed. Seats can be chosen without waiting.",
    .bad_token = "This place is not valid. Get in line again.",
    .no_room = "There is no waiting room here.",
    .unavailable = "The waiting room cannot be reached at the moment. You keep your place.",
    .to_shop = "To the shop",
    .reloads = "This page reloads by itself every {}; there is nothing you need to do.",
    .reload = "Reload now",
};

constexpr Words kChineseWords{
    .tag = "zh-TW",
    .title = "等候室",
    .seconds = "{} 秒",
    .minutes = "{} 分鐘",
    .hours = "{} 小時",
    .stranger = "您尚未取得排隊號碼，請回到購票頁面排隊。",
    .in_line = "目前排隊人數：{}",
    .waiting = "您正在排隊，等候期間會保留您的順位。",
    .ahead = "您前面的人數：{}",
    .eta = "預計等候時間：約 {}",
    .before_draw = "您已及時到達。等候室開放時將以抽籤決定順位，在此之前到達的人機會均等。",
    .draw_in = "約 {}後開放",
    .paused = "隊伍暫停前進，您的順位會保留。",
    .called = "輪到您了。",
    .claim_within = "請在叫號後 {}內進入，逾時將由下一位遞補。",
    .claim = "進入",
    .admitted = "您已進入。",
    .admitted_until = "您可以在 {}（UTC）之前選位。",
    .enter = "選擇座位",
    .lapsed = "您的順位已過。若您已進入，請選擇座位；若尚未進入，請重新排隊。",
    .closed = "等候室已關閉，現在無須等候即可選位。",
    .bad_token = "此排隊號碼無效，請重新排隊。",
    .no_room = "這裡沒有等候室。",
    .unavailable = "目前無法連線到等候室，您的順位會保留。",
    .to_shop = "前往購票頁面",
    .reloads = "本頁每 {}會自動重新整理，您不需要做任何事。",
    .reload = "立即重新整理",
};

constexpr Words kUkrainianWords{
    .tag = "uk",
    .title = "Зала очікування",
    .seconds = "{} с",
    .minutes = "{} хв",
    .hours = "{} год",
    .stranger = "Ви ще не маєте місця в цій черзі. Його можна отримати там, де ви купуєте.",
    .in_line = "Зараз у черзі: {}",
    .waiting = "Ви в черзі. Поки ви чекаєте, ваше місце зберігається.",
    .ahead = "Перед вами: {}",
    .eta = "Орієнтовний час очікування: близько {}",
    .before_draw =
        "Ви прийшли вчасно. Місця розігруються, коли зала відкриється; усі, хто тут до "
        "того часу, мають однакові шанси.",
    .draw_in = "Відкриється приблизно через {}",
    .paused = "Черга тимчасово зупинилася. Ваше місце зберігається.",
    .called = "Ваша черга.",
    .claim_within = "Увійдіть протягом {} після виклику, інакше буде викликано наступного.",
    .claim = "Увійти",
    .admitted = "Ви увійшли.",
    .admitted_until = "Обирати місця можна до {} (UTC).",
    .enter = "Обрати місця",
    .lapsed = "Ваша черга минула. Якщо ви увійшли, обирайте місця; якщо ні, станьте в чергу знову.",
    .closed = "Залу очікування зачинено. Місця можна обирати без очікування.",
    .bad_token = "Це місце в черзі недійсне. Станьте в чергу знову.",
    .no_room = "Тут немає зали очікування.",
    .unavailable = "Зала очікування зараз недоступна. Ваше місце зберігається.",
    .to_shop = "До магазину",
    .reloads = "Ця сторінка оновлюється сама кожні {}; вам нічого не потрібно робити.",
    .reload = "Оновити зараз",
};

}  // namespace

const Words& words_of(Language language) {
    switch (language) {
        case Language::kChinese:
            return kChineseWords;
        case Language::kUkrainian:
            return kUkrainianWords;
        case Language::kEnglish:
            break;
    }
    return kEnglishWords;
}

}  // namespace tix::gateway
